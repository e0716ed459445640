// Mathematics that a real-time loop may call: libm behind the attributes that the Swift compiler
// wants to see (`.squareRoot()` and `.rounded()` are refused under `@_noLocks`).
#pragma once

#define MATH_REALTIME \
  __attribute__((swift_attr("@_noLocks"))) __attribute__((swift_attr("@_noAllocation")))

MATH_REALTIME static inline double math_sqrt(double x) { return __builtin_sqrt(x); }
MATH_REALTIME static inline double math_cbrt(double x) { return __builtin_cbrt(x); }
MATH_REALTIME static inline double math_exp(double x) { return __builtin_exp(x); }
MATH_REALTIME static inline double math_log(double x) { return __builtin_log(x); }
MATH_REALTIME static inline double math_floor(double x) { return __builtin_floor(x); }
MATH_REALTIME static inline double math_rint(double x) { return __builtin_rint(x); }
MATH_REALTIME static inline double math_fabs(double x) { return __builtin_fabs(x); }
MATH_REALTIME static inline double math_sin(double x) { return __builtin_sin(x); }
MATH_REALTIME static inline double math_cos(double x) { return __builtin_cos(x); }
MATH_REALTIME static inline double math_tan(double x) { return __builtin_tan(x); }
MATH_REALTIME static inline double math_acos(double x) { return __builtin_acos(x); }
MATH_REALTIME static inline double math_ceil(double x) { return __builtin_ceil(x); }
MATH_REALTIME static inline double math_log10(double x) { return __builtin_log10(x); }
