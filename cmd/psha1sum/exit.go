package main

// An exitStatus is what the process tells its parent. GNU sha1sum has only
// these two; in particular bad usage is no status of its own.
type exitStatus int

const (
	success exitStatus = 0
	failure exitStatus = 1 // something could not be done, read, or did not match
)

// statusOf is the status of a run that failed, or didn't.
func statusOf(failed bool) exitStatus {
	if failed {
		return failure
	}
	return success
}
