package cli

import (
	"io"
	"strconv"
	"strings"

	"github.com/psha1sum/psha1sum/hasher"
	"github.com/psha1sum/psha1sum/internal/getopt"
	"github.com/psha1sum/psha1sum/internal/glob"
)

// A Request is what a command line asks for.
//
// Options that take each other's place are folded while the words are read from left to
// right, as GNU does: the last one wins.
type Request struct {
	Help, Version bool // the one that was met first; nothing else counts then

	Check, Tag, Zero, Strict, IgnoreMissing bool
	Warn, Quiet, Status                     bool // at most one of them
	Binary                                  bool // lines say so

	// Algorithms are one at least; Auto says that they are all there are.
	Algorithms []*hasher.Algorithm
	Auto       bool
	Digest     []byte // that --expect expects; nil: none

	Recursive, Follow, OneFileSystem bool
	Globs                            *glob.Filter // nil: none
	Files0From                       *string      // nil: not given
	// Directories are what leads to where names are looked up, one in the other;
	// Directory is all of it, or "" for the working directory.
	Directories []string
	Directory   string

	Output      *string // nil: not given
	Force, JSON bool
	Reports     []ReportTo

	Explain, FailFast, Beneath bool
	PerManifest                bool // names are relative to their manifest's directory
	Require                    []string
	Audit                      *string // nil: not given

	Jobs, IOJobs     int    // 0: as many as are of use
	IO               string // "auto", "read" or "uring"; "": not given
	Cache            *string
	DropCache, Debug bool
	Progress         string // when it is shown; "": as the program's name has it
	Operands         []string

	marker marker
	length string  // as it was given
	bits   int     // that is: 0 for the longest
	expect *string // as it was given
	flags  flagSet
}

// NamesManifests reports whether the operands are manifests.
func (r *Request) NamesManifests() bool { return r.Check && r.Digest == nil }

// A marker is what -b, -t and --tag say about the character between digest and
// name.
type marker int8

const (
	markerUnset marker = iota
	markerText
	markerBinary
)

// marks notes an option that says something about the marker.
func (r *Request) marks(also *bool, m marker) value {
	return func(string) error {
		if also != nil {
			*also = true
		}
		r.marker = m
		return nil
	}
}

// What is said of lines, by options that take each other's place.
const (
	warn = iota
	quiet
	status
)

// says notes one of these.
func (r *Request) says(what int) value {
	return func(string) error {
		r.Warn, r.Quiet, r.Status = what == warn, what == quiet, what == status
		return nil
	}
}

// Parse reads the words after the program's name. The error is a *getopt.Error, a
// UsageError or an ArgumentError.
func Parse(t Tool, words []string, posixlyCorrect bool) (*Request, error) {
	r := &Request{}
	r.flags.options = r.options(t)
	p := getopt.NewParser(getoptTable(r.flags.options), words, posixlyCorrect)
	for !r.Help && !r.Version {
		opt, arg, err := p.Next()
		if err == io.EOF {
			r.Operands = p.Operands()
			return r, r.complete(t)
		}
		if err == nil {
			err = r.flags.take(opt, arg)
		}
		if err != nil {
			return nil, err
		}
	}
	return r, nil
}

// A UsageError is a command line that can't be carried out. Its text is GNU's.
type UsageError string

func (e UsageError) Error() string { return string(e) }

// An ArgumentError is a bad argument for which GNU doesn't point to its help. It
// returns what is to be said, line by line, with words quoted as the locale has
// it.
type ArgumentError func(quote func(string) string) []string

func (e ArgumentError) Error() string {
	return strings.Join(e(strconv.Quote), "\n")
}

// takeLength notes a length in bits.
func (r *Request) takeLength(arg string) error {
	bits, err := parseLength(arg)
	r.bits, r.length = bits, arg
	return err
}

// takeAlgorithms notes what to compute.
func (r *Request) takeAlgorithms(arg string) (err error) {
	r.Algorithms, r.Auto, err = parseAlgorithms(arg)
	return err
}

// glob notes a glob of an option, whose place among the others counts.
func (r *Request) glob(option string) value {
	return func(arg string) error {
		pattern, err := glob.Parse(arg)
		if err != nil {
			return invalid(option, arg, err.Error())
		}
		if r.Globs == nil {
			r.Globs = new(glob.Filter)
		}
		r.Globs.Add(pattern, option == "include")
		return nil
	}
}

// takeDirectory notes one more directory.
func (r *Request) takeDirectory(arg string) error {
	r.Directories = append(r.Directories, arg)
	r.Directory = below(r.Directory, arg)
	return nil
}

// below is the directory that is called name from within another, "" for the
// working directory: more than one --directory is like more than one cd.
func below(dir, name string) string {
	if dir == "" || strings.HasPrefix(name, "/") {
		return name
	}
	return dir + "/" + name
}

// complete puts what was said into relation, and returns what is wrong with it:
// of several things the first as GNU looks at them, then ours.
func (r *Request) complete(t Tool) error {
	if r.expect != nil {
		if r.Check {
			return UsageError("the --check and --expect options exclude each other")
		}
		r.Check = true
	}
	if r.bits > maxBits {
		return tooLong(r.length)
	}
	if err := r.conflict(); err != nil {
		return err
	}
	if err := r.extensionConflict(); err != nil {
		return err
	}
	r.Binary, r.PerManifest = r.marker == markerBinary, r.flags.has("relative-to")
	chosen := r.Algorithms != nil
	if !chosen {
		r.Algorithms = []*hasher.Algorithm{t.Algorithm}
	}
	switch {
	case len(r.Operands) > 0 || r.Files0From != nil:
	case r.Recursive:
		r.Operands = []string{"."}
	default:
		r.Operands = []string{"-"}
	}
	if r.expect == nil {
		return r.sizeAlgorithm()
	}
	given, err := parseExpected(*r.expect)
	if err == nil {
		err = given.agree(r.Algorithms, chosen)
	}
	if err != nil {
		return err
	}
	if given.algorithm != nil {
		r.Algorithms = []*hasher.Algorithm{given.algorithm}
	}
	if err := r.sizeAlgorithm(); err != nil {
		return err
	}
	r.Algorithms, r.Digest, err = given.among(r.Algorithms)
	return err
}

// sizeAlgorithm applies --length.
func (r *Request) sizeAlgorithm() error {
	if r.length == "" {
		return nil
	}
	for i, alg := range r.Algorithms {
		if alg.MinSize == 0 {
			continue
		}
		if r.bits > 0 && !r.Check { // lines say how long their digests are
			r.Algorithms[i] = alg.Sized(r.bits / 8)
		}
		return nil
	}
	return UsageError("--length is only supported with --algorithm=blake2b")
}

// StopsCommands reports whether a command line that is refused asks for a report that
// stops a runner's commands, and for JSON. What is an option in it, and what an option's argument, only the
// parser of command lines knows: it goes on behind each word that it refuses.
func StopsCommands(t Tool, words []string, posixlyCorrect bool) (stops, json bool) {
	p := getopt.NewParser(getoptTable(new(Request).options(t)), words, posixlyCorrect)
	for {
		opt, arg, err := p.Next()
		switch {
		case err == io.EOF:
			return stops, json
		case err != nil:
			p.Skip()
		case opt.Long == "json":
			json = true
		case opt.Long == "report":
			to, ok := t.reportTo(arg)
			stops = stops || ok && to.StopsCommands
		}
	}
}
