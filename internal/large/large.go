// Package large selects the size of tests. By default they are as small as "go test"
// needs to be quick; .ci/run and .ci/nightly run them at full size.
package large

import (
	"flag"
	"os"
)

// environment is the variable that has the effect of -large for all packages at once;
// packages that don't import this one don't know the flag.
const environment = "PSHA1SUM_TEST_LARGE"

// Flag is set if tests run at full size.
var Flag = flag.Bool("large", os.Getenv(environment) == "1", "run tests at full size: minutes, and gigabytes of sparse files")

// Or returns full if tests run at full size, and usual otherwise.
func Or(usual, full int) int {
	if *Flag {
		return full
	}
	return usual
}
