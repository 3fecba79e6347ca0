package cli

import (
	"os"
	"slices"
	"strings"

	"github.com/psha1sum/psha1sum/hasher"
)

// A Tool is what the program is called by: one of GNU's, or a tool that is like
// them for an algorithm of which they have none.
type Tool struct {
	// Algorithm is computed unless the command line says otherwise.
	Algorithm *hasher.Algorithm
	// Reports are the kinds of --report.
	Reports []ReportKind
}

// ToolNamed returns the tool that a program of that name is: "sha256sum",
// "psha256sum", "/usr/bin/b2sum".
func ToolNamed(name string) Tool { return toolNamed(name, systemPaths()) }

// IsOwnName reports whether a program of that name is one of ours, and not in the
// place of another: "psha1sum", but not "sha1sum".
func IsOwnName(name string) bool { return isOwnName(name, systemPaths()) }

// ForeignName returns what is to be said to who calls the program by the name of a tool
// with another command line, or "".
func ForeignName(name string) string { return foreignName(name, systemPaths()) }

// toolNamed is ToolNamed on any system. GNU's tools are called "gsha256sum" where the system
// has others. Any other name is sha1sum's.
func toolNamed(name string, rule pathRule) Tool {
	name = rule.commandIn(name)
	for _, alg := range hasher.Algorithms {
		if name == alg.Command || name == "p"+alg.Command || name == "g"+alg.Command && isGNUs(alg.Command) {
			return Tool{Algorithm: alg}
		}
	}
	return Tool{Algorithm: hasher.SHA1}
}

// isGNUs reports whether a tool is one of GNU coreutils'.
func isGNUs(command string) bool {
	switch command {
	case "md5sum", "sha1sum", "sha224sum", "sha256sum", "sha384sum", "sha512sum", "b2sum":
		return true
	}
	return false
}

// isBSDs reports whether a tool is one of FreeBSD's, which are called by their tags.
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

// A pathRule is what a system says of the paths of programs.
type pathRule struct {
	separators string
	// suffix is no part of a program's name; nor is then whether letters are capital.
	suffix string
}

var (
	unixPaths    = pathRule{separators: "/"}
	windowsPaths = pathRule{separators: `/\:`, suffix: ".exe"}
)

// systemPaths is this system's rule.
func systemPaths() pathRule {
	if os.IsPathSeparator('\\') {
		return windowsPaths
	}
	return unixPaths
}

// commandIn returns the name of the program behind a path.
func (r pathRule) commandIn(path string) string {
	name := path[strings.LastIndexAny(path, r.separators)+1:]
	if r.suffix != "" {
		name = strings.TrimSuffix(strings.ToLower(name), r.suffix)
	}
	return name
}

// hasLength reports whether -l is one of GNU's options for the tool.
func (t Tool) hasLength() bool { return t.Algorithm.Command == "b2sum" }
