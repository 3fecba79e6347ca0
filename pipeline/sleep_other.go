//go:build !unix

package pipeline

import "time"

func sleep(d time.Duration) { time.Sleep(d) }
