package main

import (
	"os"
	"strings"
)

// openSpool makes a file in a folder for what has to wait. It has no name, so that
// nothing is left of it, however the process ends.
func openSpool(dir string) (*os.File, error) {
	if f := openNameless(dir, 0o600); f != nil {
		return f, nil
	}
	f, err := os.CreateTemp(dir, ".psha1sum.*.tmp")
	if err != nil {
		return nil, err
	}
	os.Remove(f.Name()) // where open files have to have names, closeSpool does it
	return f, nil
}

// closeSpool ends the waiting.
func closeSpool(f *os.File) {
	name := f.Name()
	f.Close()
	if strings.HasSuffix(name, ".tmp") {
		os.Remove(name)
	}
}
