package main

import (
	"strconv"

	"github.com/psha1sum/psha1sum/pipeline"
)

// checkArgument says what is wrong with the argument of one of our options.
func checkArgument(option, arg string) (err error) {
	switch option {
	case "jobs", "io-jobs":
		if _, ok := parseNumber(arg); !ok {
			return usageError("invalid number of jobs: " + quoteArgument(arg))
		}
	case "io":
		if _, ok := parseIO(arg); !ok {
			return usageError("invalid argument " + quoteArgument(arg) + " for " + quoteArgument("--io") + `
Valid arguments are:
  - ` + quoteArgument("auto") + `
  - ` + quoteArgument("read") + `
  - ` + quoteArgument("uring"))
		}
	}
	return nil
}

// maxNumber is far above what any machine can use; a larger number is a slip.
const maxNumber = 4096

// parseNumber reads how many of something are to be used.
func parseNumber(arg string) (n int, ok bool) {
	n, err := strconv.Atoi(arg)
	return n, err == nil && n >= 1 && n <= maxNumber
}

// parseIO reads the argument of --io.
func parseIO(arg string) (io pipeline.IO, ok bool) {
	switch arg {
	case "auto":
		return pipeline.AutoIO, true
	case "read":
		return pipeline.ReadIO, true
	case "uring":
		return pipeline.RingIO, true
	}
	return 0, false
}
