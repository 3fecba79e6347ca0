package main

// An exitStatus is what the process tells its parent. GNU sha1sum has only
// these two; in particular bad usage is no status of its own.
type exitStatus int

const (
	success exitStatus = 0
	failure exitStatus = 1 // something could not be done, read, or did not match
)
