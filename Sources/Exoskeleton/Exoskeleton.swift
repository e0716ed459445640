// Exoskeleton
