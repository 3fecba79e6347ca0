//go:build !unix

package pipeline

// These systems have no limit that a user meets.
var descriptorErrors []error
