//go:build race

package pipeline_test

// fewest is the least number of free descriptors to test with. The race detector
// brings the C library along, whose malloc opens a file of /sys for a moment
// when there are many threads.
const fewest = 2
