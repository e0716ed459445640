#include "MathShim.h"
