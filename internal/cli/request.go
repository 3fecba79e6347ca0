package cli

import (
	"io"
	"strconv"
	"strings"

	"github.com/psha1sum/psha1sum/hasher"
	"github.com/psha1sum/psha1sum/internal/getopt"
	"github.com/psha1sum/psha1sum/internal/glob"
)

// A Request is a parsed command line.
//
// Options that override each other are resolved from left to right, as in GNU: the last
// one wins.
type Request struct {
	Help, Version bool // whichever came first; all other options are ignored then

	Check, Tag, Zero, Strict, IgnoreMissing bool
	Warn, Quiet, Status                     bool // at most one of them
	Binary                                  bool // mark names as binary

	// Algorithms has at least one element. Auto means that it has all algorithms.
	Algorithms []*hasher.Algorithm
	Auto       bool
	Digest     []byte // of --expect; nil: not given

	Recursive, Follow, OneFileSystem bool
	Globs                            *glob.Filter // nil: none
	Files0From                       *string      // nil: not given
	// Directories are the arguments of --directory, each relative to the one before.
	// Directory is the combined path, or "" for the working directory.
	Directories []string
	Directory   string

	Output      *string // nil: not given
	Force, JSON bool
	Reports     []ReportTo

	Explain, FailFast, Beneath bool
	PerManifest                bool // names are relative to their manifest's directory
	Require                    []string
	Audit                      *string // nil: not given

	Jobs, IOJobs     int    // 0: automatic
	IO               string // "auto", "read" or "uring"; "": not given
	Cache            *string
	DropCache, Debug bool
	Progress         string // when to show it; "": depends on the program's name
	Operands         []string

	marker marker
	length string  // the argument
	bits   int     // its value; 0: the longest
	expect *string // the argument
	flags  flagSet
}

// NamesManifests reports whether the operands are manifests.
func (r *Request) NamesManifests() bool { return r.Check && r.Digest == nil }

// A marker is what -b, -t and --tag select for the character between digest and name.
type marker int8

const (
	markerUnset marker = iota
	markerText
	markerBinary
)

// marks records an option that selects the marker.
func (r *Request) marks(also *bool, m marker) value {
	return func(string) error {
		if also != nil {
			*also = true
		}
		r.marker = m
		return nil
	}
}

// How much to print about lines; these options override each other.
const (
	warn = iota
	quiet
	status
)

// says records one of these options.
func (r *Request) says(what int) value {
	return func(string) error {
		r.Warn, r.Quiet, r.Status = what == warn, what == quiet, what == status
		return nil
	}
}

// Parse parses the words that follow the program's name. The error is a *getopt.Error, a
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

// A UsageError is the error for a command line that can't be carried out. Its text is
// GNU's.
type UsageError string

func (e UsageError) Error() string { return string(e) }

// An ArgumentError is the error for a bad argument after which GNU doesn't refer to its
// help. It returns the message, line by line; quote quotes words as the locale requires.
type ArgumentError func(quote func(string) string) []string

func (e ArgumentError) Error() string {
	return strings.Join(e(strconv.Quote), "\n")
}

// takeLength stores the argument of --length, in bits.
func (r *Request) takeLength(arg string) error {
	bits, err := parseLength(arg)
	r.bits, r.length = bits, arg
	return err
}

// takeAlgorithms stores the argument of --algorithm.
func (r *Request) takeAlgorithms(arg string) (err error) {
	r.Algorithms, r.Auto, err = parseAlgorithms(arg)
	return err
}

// glob adds the pattern of an option. Patterns are kept in command-line order across
// options.
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

// takeDirectory adds the argument of --directory.
func (r *Request) takeDirectory(arg string) error {
	r.Directories = append(r.Directories, arg)
	r.Directory = below(r.Directory, arg)
	return nil
}

// below returns the path of name as seen from dir, where "" is the working directory:
// several --directory options work like several cd commands.
func below(dir, name string) string {
	if dir == "" || strings.HasPrefix(name, "/") {
		return name
	}
	return dir + "/" + name
}

// complete checks the options against each other and fills in what follows from them. It
// returns the first error in the order in which GNU checks, then ours.
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
		if r.bits > 0 && !r.Check { // each line has a digest of its own length
			r.Algorithms[i] = alg.Sized(r.bits / 8)
		}
		return nil
	}
	return UsageError("--length is only supported with --algorithm=blake2b")
}

// StopsCommands reports whether a rejected command line requests a report that stops the
// runner's commands, and whether it requests JSON. Only the parser can tell options from
// their arguments, so it parses on after each word that it rejects.
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
