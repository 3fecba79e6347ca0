//go:build unix

package clitest

import "flag"

// Seed is the seed of all tests with random cases.
var Seed = flag.Uint64("diff.seed", 1, "where the random numbers of the cases start; 0 takes the time")
