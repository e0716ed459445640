#pragma once

/// The function neither allocates nor locks; the Swift compiler believes it.
#define SHIM_REALTIME \
  __attribute__((swift_attr("@_noLocks"))) __attribute__((swift_attr("@_noAllocation")))
