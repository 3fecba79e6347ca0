// Package atomicfile writes files that take the place of others when they are whole,
// or not at all: whatever becomes of the process, a name stands for the old file or for
// the new one. It finds at the beginning what can't be replaced, has signals leave
// nothing behind, and keeps what was computed if the end goes wrong.
//
// It knows file systems, and replaces what holds earlier output, nothing, or what it is
// told to by force. It doesn't know what output looks like, which options ask for a
// file, or who is told how it went.
package atomicfile
