//go:build !race

package pipeline_test

// fewest is the least number of free descriptors to test with.
const fewest = 1
