//go:build !unix

package pipeline

import "time"

func sleeper() func(time.Duration) { return time.Sleep }
