package main

import (
	"slices"
	"strings"

	"github.com/psha1sum/psha1sum/hasher"
)

// A tool is what the program is called by: one of GNU's, or a tool that is like
// them for an algorithm of which they have none.
type tool struct {
	// algorithm is computed unless the command line says otherwise.
	algorithm *hasher.Algorithm
}

// toolNamed returns the tool that a program of that name is: "sha256sum",
// "psha256sum", "/usr/bin/b2sum". Any other name is sha1sum's.
func toolNamed(name string) tool {
	name = name[strings.LastIndexByte(name, '/')+1:]
	for _, alg := range hasher.Algorithms {
		if name == alg.Command || name == "p"+alg.Command {
			return tool{alg}
		}
	}
	return tool{hasher.SHA1}
}

// isOwnName reports whether a program of that name is one of ours, and not in the
// place of another: "psha1sum", but not "sha1sum".
func isOwnName(name string) bool {
	name = name[strings.LastIndexByte(name, '/')+1:]
	return slices.ContainsFunc(hasher.Algorithms, func(alg *hasher.Algorithm) bool {
		return name == "p"+alg.Command
	})
}

// hasLength reports whether -l is one of GNU's options for the tool.
func (t tool) hasLength() bool { return t.algorithm.Command == "b2sum" }
