//go:build race

package pipeline_test

// fewest is the smallest number of free descriptors to test with. The race detector
// links the C library, whose malloc briefly opens a file of /sys when there are many
// threads.
const fewest = 2
