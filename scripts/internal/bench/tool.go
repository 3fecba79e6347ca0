package main

import (
	"fmt"
	"os/exec"
	"slices"
	"strconv"
	"strings"

	"github.com/psha1sum/psha1sum/hasher"
)

// A tool is a program that hashes files, and how it is told to.
type tool struct {
	name     string   // in the report and for -tools
	programs []string // what it may be called; the first in PATH is run
	version  []string // arguments that make it print its version

	hash  func(program string, w work) command
	check func(program string, w work) command // nil: it reads no sha1sum manifests
	walk  func(program string, w work) command // nil: it doesn't find the files of a directory
	parse func(output []byte) (map[string]string, error)

	// foreign marks a tool that computes another digest: its times are shown,
	// its digests can't be compared and it is never the best peer.
	foreign bool
	// reader marks a tool that only reads the files, the least that a cold page
	// cache makes everybody do: it prints nothing and is never the best peer.
	reader bool
	note   string // for the report

	// A variant of a tool is run with these before its command line and in its
	// environment.
	prefix, env []string
}

// work is what a row asks of a tool.
type work struct {
	files    []string // names below the directory in which the tool runs
	list     string   // file that holds these names, a NUL after each
	manifest string   // sha1sum's output for them
	cache    string   // the file of --cache
	xargs    bool     // the names don't fit on a command line: xargs feeds them
	repeated bool     // whether the manifest names files more than once
	cpus     int      // processes to start if the tool itself uses one core
}

// command is a command line, and the file that is its standard input, if any.
type command struct {
	args  []string
	stdin string
	quiet bool     // its output is thrown away
	env   []string // beside the bench's own
}

// ours is the tool that all is about. Its program is the given binary.
var ours = tool{
	name:    "psha1sum",
	version: []string{"--version"},
	hash:    withFiles(),
	check:   withManifest("-c"),
	walk:    withDirectory("-r"),
	parse:   parseSums,
}

// reference is the tool whose output is right by definition.
var reference = tool{
	name: "sha1sum",
	// GNU's, where sha1sum is another's: on a Mac, on newer Ubuntus.
	programs: []string{"gsha1sum", "gnusha1sum", "sha1sum"},
	version:  []string{"--version"},
	hash:     withFiles(),
	check:    withManifest("-c"),
	walk:     findXargs,
	parse:    parseSums,
}

// peers are the other tools.
var peers = []tool{{
	name:     "openssl",
	programs: []string{"openssl"},
	version:  []string{"version"},
	hash:     xargsOpenSSL,
	parse:    parseOpenSSL,
	note:     "shared out by xargs -P",
}, {
	name:     "hashdeep",
	programs: []string{"hashdeep"},
	version:  []string{"-V"},
	hash:     withFiles("-c", "sha1", "-l"),
	walk:     withDirectory("-c", "sha1", "-l", "-r"),
	parse:    parseHashdeep,
}, {
	name:     "rhash",
	programs: []string{"rhash"},
	version:  []string{"--version"},
	hash:     withFiles("--sha1"),
	check:    withManifest("--sha1", "-c"),
	walk:     withDirectory("--sha1", "-r"),
	parse:    parseSums,
}, {
	name:     "rclone",
	programs: []string{"rclone"},
	version:  []string{"version"},
	hash:     withDirectory("hashsum", "sha1"),
	check:    rcloneCheck,
	walk:     withDirectory("hashsum", "sha1"),
	parse:    parseSums,
}, {
	name:     "b3sum",
	programs: []string{"b3sum"},
	version:  []string{"--version"},
	hash:     withFiles(),
	parse:    parseSums,
	foreign:  true,
	note:     "another digest, so never the best peer",
}}

// readers take part in cold rows: the best of them is how fast the files can be
// read, as far as cat knows.
var readers = []tool{catBy(2), catBy(8), catBy(32)}

// catBy returns the reader that shares the files out to that many cats.
func catBy(processes int) tool {
	return tool{
		name:     fmt.Sprintf("cat -P%d", processes),
		programs: []string{"gcat", "cat"},
		version:  []string{"--version"},
		hash: func(program string, w work) command {
			c := shareOut(w, processes, program)
			c.quiet = true
			return c
		},
		reader: true,
		note:   "shared out by xargs, only reads",
	}
}

// useAlgorithm has ours and the reference compute another algorithm than SHA-1.
// The peers are left out: each is told of its algorithm in a way of its own.
func useAlgorithm(name string) error {
	alg := hasher.Lookup(name)
	if alg == nil {
		return fmt.Errorf("-a %s: no such algorithm", name)
	}
	if alg == hasher.SHA1 {
		return nil
	}
	ours, reference = computing(alg)
	peers = nil
	return nil
}

// computing returns ours and the reference as they are told to compute the algorithm,
// which is not SHA-1.
func computing(alg *hasher.Algorithm) (self, gnu tool) {
	self, gnu = ours, reference
	self.hash = withFiles("-a", alg.Name)
	self.check = withManifest("-a", alg.Name, "-c")
	self.walk = withDirectory("-a", alg.Name, "-r")
	gnu.name, gnu.programs = alg.Command, []string{"g" + alg.Command, "gnu" + alg.Command, alg.Command}
	return self, gnu
}

// variants are psha1sum held back, each in its own way: they show what a machine
// would get that lacks the thing. They take part in rows of their own.
func variants() []tool {
	return []tool{
		ours.variant("without AVX-512", nil, "PSHA1SUM_DISABLE=avx512"),
		ours.variant("AVX2 alone", nil, "PSHA1SUM_DISABLE=avx512,shani", "GODEBUG=cpu.sha=off"),
		ours.variant("one core", []string{"taskset", "-c", "0"}),
	}
}

// variant returns the tool, run in another way.
func (t tool) variant(name string, prefix []string, env ...string) tool {
	t.name, t.prefix, t.env = name, prefix, env
	return t
}

// readingWays are psha1sum told how to read, for rows of their own: they show
// whether it chooses well when it isn't told.
func readingWays() []tool { return []tool{ours.with("--io=read"), ours.with("--io=uring")} }

// outputForms are psha1sum told what to print in place of GNU's lines, for rows of
// their own: they show what that costs.
func outputForms() []tool { return []tool{ours.with("--json")} }

// with returns the tool, run with an option.
func (t tool) with(option string) tool {
	t.name = option
	t.hash, t.check, t.walk = told(t.hash, option), told(t.check, option), told(t.walk, option)
	return t
}

// told makes command lines as build does, with an option in front of others.
func told(build func(string, work) command, option string) func(string, work) command {
	return func(program string, w work) command {
		c := build(program, w)
		c.args = slices.Insert(c.args, 1+slices.Index(c.args, program), option)
		return c
	}
}

// withFiles makes the command lines of a tool that takes files as operands.
// xargs, where it is needed, runs the tool with as many as xargs sees fit, again
// and again, one run after the other.
func withFiles(options ...string) func(string, work) command {
	return func(program string, w work) command {
		if w.xargs {
			return command{args: slices.Concat([]string{"xargs", "-0", program}, options), stdin: w.list}
		}
		return command{args: slices.Concat([]string{program}, options, w.files)}
	}
}

// withManifest makes the command lines of a tool that takes a manifest as operand.
func withManifest(options ...string) func(string, work) command {
	return func(program string, w work) command {
		return command{args: slices.Concat([]string{program}, options, []string{w.manifest})}
	}
}

// withDirectory makes the command lines of a tool that is given the directory in which
// it runs and finds the files itself.
func withDirectory(options ...string) func(string, work) command {
	return func(program string, _ work) command {
		return command{args: slices.Concat([]string{program}, options, []string{"."})}
	}
}

// findXargs makes the command line by which a tool that walks no directories is used
// on all cores. A shell tells no failure of find's, but then digests are missing.
func findXargs(program string, w work) command {
	return command{args: []string{
		"sh", "-c", `find . -type f -print0 | xargs -0 -P"$1" "$2"`, "sh", strconv.Itoa(w.cpus), program,
	}}
}

// xargsOpenSSL keeps w.cpus cores busy.
func xargsOpenSSL(program string, w work) command {
	return shareOut(w, w.cpus, program, "sha1")
}

// shareOut gives each of so many processes an equal share of the files: the
// fastest way to use a tool of one core on files of equal size. xargs would
// make smaller shares than -n says without room for the names (-s, bytes).
func shareOut(w work, processes int, args ...string) command {
	share := (len(w.files) + processes - 1) / processes
	xargs := []string{
		"xargs", "-0", "-P", strconv.Itoa(processes), "-n", strconv.Itoa(share),
		"-s", strconv.Itoa(512 << 10),
	}
	return command{args: append(xargs, args...), stdin: w.list}
}

// rcloneCheck verifies a directory against a manifest, which rclone reads into a
// table by name: a manifest that repeats names isn't work of the same size.
func rcloneCheck(program string, w work) command {
	if w.repeated {
		return command{}
	}
	return command{args: []string{program, "checksum", "sha1", w.manifest, "."}}
}

// installed is a tool on this machine.
type installed struct {
	tool
	program string // absolute path
	release string // the first line it prints about its version
}

// find looks the tool up in PATH; ok is false where it is missing.
func (t tool) find() (found installed, ok bool) {
	for _, name := range t.programs {
		program, err := exec.LookPath(name)
		if err != nil {
			continue
		}
		found, err := t.at(program)
		if err == nil {
			return found, true
		}
	}
	return installed{}, false
}

// at returns the tool as the given program, which must tell its version.
func (t tool) at(program string) (installed, error) {
	out, err := exec.Command(program, t.version...).Output()
	if err != nil {
		return installed{}, fmt.Errorf("%s %s: %w", program, strings.Join(t.version, " "), err)
	}
	release, _, _ := strings.Cut(string(out), "\n")
	return installed{tool: t, program: program, release: strings.TrimSpace(release)}, nil
}

// command returns the tool's command line for the row, and false if the tool
// can't do what the row is about.
func (t installed) command(r row, w work) (command, bool) {
	build := t.hash
	switch {
	case r.check:
		build = t.check
	case r.kind.isWalk():
		build = t.walk
	}
	if build == nil {
		return command{}, false
	}
	c := build(t.program, w)
	if len(c.args) == 0 {
		return command{}, false
	}
	c.args = slices.Concat(t.prefix, c.args)
	c.env = t.env
	return c, true
}
