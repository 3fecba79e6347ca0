package main

import (
	"fmt"
	"os/exec"
	"slices"
	"strconv"
	"strings"

	"github.com/psha1sum/psha1sum/hasher"
)

// A tool is a program that hashes files, with its command lines.
type tool struct {
	name     string   // in the report and for -tools
	programs []string // possible names; the first in PATH is used
	version  []string // arguments that print its version

	hash  func(program string, w work) command
	check func(program string, w work) command // nil if it can't read sha1sum manifests
	walk  func(program string, w work) command // nil if it can't walk directories
	parse func(output []byte) (map[string]string, error)

	// foreign marks a tool that computes another digest: its times are shown, but its
	// digests are not compared and it is never the best peer.
	foreign bool
	// reader marks a tool that only reads the files, which is the minimum of work with
	// a cold page cache: it prints nothing and is never the best peer.
	reader bool
	note   string // for the report

	// A variant of a tool has a command prefix and environment variables.
	prefix, env []string
}

// work describes the files of a row to a tool.
type work struct {
	files    []string // names relative to the working directory
	list     string   // file with these names, NUL-terminated
	manifest string   // sha1sum's output for them
	cache    string   // file for --cache
	xargs    bool     // too many names for a command line, so use xargs
	repeated bool     // the manifest repeats names
	cpus     int      // processes to start for a tool that uses one core
}

// command is a command line, with an optional file for standard input.
type command struct {
	args  []string
	stdin string
	quiet bool     // discard its output
	env   []string // besides the bench's own
}

// ours is psha1sum. Its program is the given binary.
var ours = tool{
	name:    "psha1sum",
	version: []string{"--version"},
	hash:    withFiles(),
	check:   withManifest("-c"),
	walk:    withDirectory("-r"),
	parse:   parseSums,
}

// reference is GNU sha1sum, whose output is correct by definition.
var reference = tool{
	name: "sha1sum",
	// GNU's names where sha1sum is another one, as on macOS and newer Ubuntus.
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
	note:     "distributed by xargs -P",
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

// readers take part in cold rows: the fastest shows how fast the files can be read with
// cat.
var readers = []tool{catBy(2), catBy(8), catBy(32)}

// catBy returns a reader that distributes the files over several cat processes.
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
		note:   "distributed by xargs, only reads",
	}
}

// useAlgorithm selects another algorithm than SHA-1 for ours and the reference. Peers
// are left out, because each has its own way to select it.
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

// computing returns ours and the reference for an algorithm other than SHA-1.
func computing(alg *hasher.Algorithm) (self, gnu tool) {
	self, gnu = ours, reference
	self.hash = withFiles("-a", alg.Name)
	self.check = withManifest("-a", alg.Name, "-c")
	self.walk = withDirectory("-a", alg.Name, "-r")
	gnu.name, gnu.programs = alg.Command, []string{"g" + alg.Command, "gnu" + alg.Command, alg.Command}
	return self, gnu
}

// variants are psha1sum with something disabled, to show the speed of machines that
// lack it. They have rows of their own.
func variants() []tool {
	return []tool{
		ours.variant("without AVX-512", nil, "PSHA1SUM_DISABLE=avx512"),
		ours.variant("AVX2 alone", nil, "PSHA1SUM_DISABLE=avx512,shani", "GODEBUG=cpu.sha=off"),
		ours.variant("one core", []string{"taskset", "-c", "0"}),
	}
}

// variant returns the tool with a prefix and environment variables.
func (t tool) variant(name string, prefix []string, env ...string) tool {
	t.name, t.prefix, t.env = name, prefix, env
	return t
}

// readingWays are psha1sum with each --io, in rows of their own, to show whether its
// own choice is good.
func readingWays() []tool { return []tool{ours.with("--io=read"), ours.with("--io=uring")} }

// outputForms are psha1sum with other output formats, in rows of their own, to show
// their cost.
func outputForms() []tool { return []tool{ours.with("--json")} }

// with returns the tool with an option.
func (t tool) with(option string) tool {
	t.name = option
	t.hash, t.check, t.walk = told(t.hash, option), told(t.check, option), told(t.walk, option)
	return t
}

// told returns build with an option before its other arguments.
func told(build func(string, work) command, option string) func(string, work) command {
	return func(program string, w work) command {
		c := build(program, w)
		c.args = slices.Insert(c.args, 1+slices.Index(c.args, program), option)
		return c
	}
}

// withFiles returns command lines with the files as operands. If there are too many,
// xargs runs the tool repeatedly, one process at a time.
func withFiles(options ...string) func(string, work) command {
	return func(program string, w work) command {
		if w.xargs {
			return command{args: slices.Concat([]string{"xargs", "-0", program}, options), stdin: w.list}
		}
		return command{args: slices.Concat([]string{program}, options, w.files)}
	}
}

// withManifest returns command lines with a manifest as operand.
func withManifest(options ...string) func(string, work) command {
	return func(program string, w work) command {
		return command{args: slices.Concat([]string{program}, options, []string{w.manifest})}
	}
}

// withDirectory returns command lines with the directory as operand.
func withDirectory(options ...string) func(string, work) command {
	return func(program string, _ work) command {
		return command{args: slices.Concat([]string{program}, options, []string{"."})}
	}
}

// findXargs returns the command line that runs a tool without directory walking on all
// cores. The shell ignores failures of find, but then digests are missing.
func findXargs(program string, w work) command {
	return command{args: []string{
		"sh", "-c", `find . -type f -print0 | xargs -0 -P"$1" "$2"`, "sh", strconv.Itoa(w.cpus), program,
	}}
}

// xargsOpenSSL keeps w.cpus cores busy.
func xargsOpenSSL(program string, w work) command {
	return shareOut(w, w.cpus, program, "sha1")
}

// shareOut distributes the files evenly over processes: the fastest way to use a
// single-core tool on files of equal size. Without -s (bytes) xargs would use smaller
// shares than -n.
func shareOut(w work, processes int, args ...string) command {
	share := (len(w.files) + processes - 1) / processes
	xargs := []string{
		"xargs", "-0", "-P", strconv.Itoa(processes), "-n", strconv.Itoa(share),
		"-s", strconv.Itoa(512 << 10),
	}
	return command{args: append(xargs, args...), stdin: w.list}
}

// rcloneCheck verifies a directory against a manifest, which rclone reads into a map by
// name. A manifest that repeats names would be less work for it.
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
	release string // first line of its version output
}

// find looks the tool up in PATH.
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

// at returns the tool with the given program, which must print its version.
func (t tool) at(program string) (installed, error) {
	out, err := exec.Command(program, t.version...).Output()
	if err != nil {
		return installed{}, fmt.Errorf("%s %s: %w", program, strings.Join(t.version, " "), err)
	}
	release, _, _ := strings.Cut(string(out), "\n")
	return installed{tool: t, program: program, release: strings.TrimSpace(release)}, nil
}

// command returns the tool's command line for the row, or false if the tool can't do
// what the row measures.
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
