#pragma once

#include <stdint.h>

#include "attributes.h"
