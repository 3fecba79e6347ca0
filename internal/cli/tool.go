package cli

import (
	"os"
	"slices"
	"strings"

	"github.com/psha1sum/psha1sum/hasher"
)

// A Tool is the program under one of its names: one of GNU's tools, or a similar tool for
// an algorithm that GNU has no tool for.
type Tool struct {
	// Algorithm is the default algorithm.
	Algorithm *hasher.Algorithm
	// Reports are the kinds of --report.
	Reports []ReportKind
}

// ToolNamed returns the tool for a program name or path: "sha256sum", "psha256sum",
// "/usr/bin/b2sum".
func ToolNamed(name string) Tool { return toolNamed(name, systemPaths()) }

// IsOwnName reports whether name is our own, such as "psha1sum", and not that of another
// program, such as "sha1sum".
func IsOwnName(name string) bool { return isOwnName(name, systemPaths()) }

// ForeignName returns the error message if name is that of a tool with a different
// command line, else "".
func ForeignName(name string) string { return foreignName(name, systemPaths()) }

// toolNamed implements ToolNamed for any system. GNU's tools are called "gsha256sum"
// where the system has tools of its own. Any other name means sha1sum.
func toolNamed(name string, rule pathRule) Tool {
	name = rule.commandIn(name)
	for _, alg := range hasher.Algorithms {
		if name == alg.Command || name == "p"+alg.Command || name == "g"+alg.Command && isGNUs(alg.Command) {
			return Tool{Algorithm: alg}
		}
	}
	return Tool{Algorithm: hasher.SHA1}
}

// isGNUs reports whether command is one of GNU coreutils.
func isGNUs(command string) bool {
	switch command {
	case "md5sum", "sha1sum", "sha224sum", "sha256sum", "sha384sum", "sha512sum", "b2sum":
		return true
	}
	return false
}

// isBSDs reports whether command is one of FreeBSD's, which are named after their tags.
func isBSDs(command string) bool {
	switch command {
	case "md5", "sha1", "sha224", "sha256", "sha384", "sha512", "sha512t256":
		return true
	}
	return false
}

func isOwnName(name string, rule pathRule) bool {
	name = rule.commandIn(name)
	return slices.ContainsFunc(hasher.Algorithms, func(alg *hasher.Algorithm) bool {
		return name == "p"+alg.Command
	})
}

func foreignName(name string, rule pathRule) string {
	name = rule.commandIn(name)
	for _, alg := range hasher.Algorithms {
		if !isBSDs(name) || name != strings.ToLower(alg.Tag) {
			continue
		}
		return "BSD's " + name + " has another command line, which is not known here; use the name " + alg.Command + " or p" + alg.Command
	}
	if name == "shasum" {
		return "Perl's shasum has another command line, which is not known here; use the name psha1sum and its option --algorithm"
	}
	return ""
}

// A pathRule describes the syntax of a system's program paths.
type pathRule struct {
	separators string
	// suffix is not part of a program's name; if it is set, case is ignored as well.
	suffix string
}

var (
	unixPaths    = pathRule{separators: "/"}
	windowsPaths = pathRule{separators: `/\:`, suffix: ".exe"}
)

// systemPaths returns the rule of this system.
func systemPaths() pathRule {
	if os.IsPathSeparator('\\') {
		return windowsPaths
	}
	return unixPaths
}

// commandIn returns the name of the program at path.
func (r pathRule) commandIn(path string) string {
	name := path[strings.LastIndexAny(path, r.separators)+1:]
	if r.suffix != "" {
		name = strings.TrimSuffix(strings.ToLower(name), r.suffix)
	}
	return name
}

// hasLength reports whether -l is one of GNU's options for the tool.
func (t Tool) hasLength() bool { return t.Algorithm.Command == "b2sum" }
