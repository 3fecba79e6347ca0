//go:build !race

package pipeline_test

// fewest is the smallest number of free descriptors to test with.
const fewest = 1
