package main

// An exitStatus is the exit status of the process. GNU sha1sum has only these two; in
// particular, bad usage has no status of its own.
type exitStatus int

const (
	success exitStatus = 0
	failure exitStatus = 1 // something could not be done, read, or did not match
)

// statusOf returns failure if failed is true, else success.
func statusOf(failed bool) exitStatus {
	if failed {
		return failure
	}
	return success
}
