package main

import (
	"io"
	"slices"
	"strconv"
	"strings"

	"github.com/psha1sum/psha1sum/hasher"
	"github.com/psha1sum/psha1sum/internal/getopt"
	"github.com/psha1sum/psha1sum/internal/glob"
	"github.com/psha1sum/psha1sum/internal/gnu"
)

// A usageError is a command line that can't be carried out. Its text is GNU's.
type usageError string

func (e usageError) Error() string { return string(e) }

// An argumentError is a bad argument for which GNU doesn't point to its help. It
// returns what is to be said, line by line, with words quoted as the locale has
// it.
type argumentError func(quote func(string) string) []string

func (e argumentError) Error() string {
	return strings.Join(e(strconv.Quote), "\n")
}

// A request is a command line as getopt_long and GNU's main read it.
type request struct {
	help, version bool // the one that was met first; nothing else counts then

	// Options that take each other's place are folded while the words are read
	// from left to right, as GNU does: the last one wins.
	check, tag, zero, strict, ignoreMissing bool
	binary                                  marker
	warn, quiet, status                     bool    // at most one of them
	length                                  string  // as it was given
	expect                                  *string // the same
	bits                                    int     // that is: 0 for the longest

	choices
	own      []givenOption // in the order in which they were given
	operands []string
}

// choices are those of our options of which more counts than the last.
type choices struct {
	algorithms []*hasher.Algorithm // one at least when the request is complete
	auto       bool                // they are all there are
	globs      *glob.Filter        // nil: none
	require    []string
	digest     []byte // that --expect expects; nil: none
	reports    []reportTo
	// directories are what leads to where names are looked up, one in the other;
	// directory is all of it, or "" for the working directory.
	directories []string
	directory   string
}

// A marker is what -b, -t and --tag say about the character between digest and
// name.
type marker int8

const (
	markerUnset marker = iota
	markerText
	markerBinary
)

// A givenOption is an option of a command line, by its full name.
type givenOption struct {
	name     string
	takesArg bool
	arg      string
}

// readCommandLine reads the words after the program's name. The error is a
// *getopt.Error, a usageError or an argumentError.
func readCommandLine(t tool, words []string, posixlyCorrect bool) (*request, error) {
	req := &request{}
	p := getopt.NewParser(getoptTable(t), words, posixlyCorrect)
	for !req.help && !req.version {
		opt, arg, err := p.Next()
		if err == io.EOF {
			req.operands = p.Operands()
			return req, req.complete(t)
		}
		if err != nil {
			return nil, err
		}
		if opt.Own {
			err = req.takeOwn(opt, arg)
		} else {
			err = req.take(opt, arg)
		}
		if err != nil {
			return nil, err
		}
	}
	return req, nil
}

// takeOwn notes one of our options. A bad argument is an error even if another
// comes later that would take its place.
func (r *request) takeOwn(opt *getopt.Option, arg string) error {
	switch opt.Long {
	case "length":
		return r.takeLength(arg)
	case "algorithm":
		var err error
		r.algorithms, r.auto, err = parseAlgorithms(arg)
		return err
	case "exclude", "include":
		return r.takeGlob(opt.Long, arg)
	case "expect":
		r.expect = &arg
		return nil // what it may be depends on the algorithm
	case "require":
		r.require = append(r.require, arg)
		return nil
	case "report":
		return r.takeReport(arg)
	case "directory":
		r.directories = append(r.directories, arg)
		r.directory = below(r.directory, arg)
		return nil
	}
	r.own = append(r.own, givenOption{opt.Long, opt.Arg, arg})
	return checkArgument(opt.Long, arg)
}

// takeLength notes a length in bits.
func (r *request) takeLength(arg string) error {
	bits, err := parseLength(arg)
	r.bits, r.length = bits, arg
	return err
}

// takeGlob notes a glob, whose place among the others counts.
func (r *request) takeGlob(option, arg string) error {
	pattern, err := glob.Parse(arg)
	if err != nil {
		return usageError("invalid argument " + gnu.QuoteArgument(arg) + " for " + gnu.QuoteArgument("--"+option) + ": " + err.Error())
	}
	if r.globs == nil {
		r.globs = new(glob.Filter)
	}
	r.globs.Add(pattern, option == "include")
	r.own = append(r.own, givenOption{name: option, takesArg: true, arg: arg})
	return nil
}

// A reportTo is an argument of --report.
type reportTo struct {
	kind string // "junit" or "github"
	file string // of junit
}

func (r reportTo) isGitHub() bool { return r.kind == "github" }

// takeReport notes one more report.
func (r *request) takeReport(arg string) error {
	kind, file, hasFile := strings.Cut(arg, ":")
	switch {
	case kind == "junit" && file != "", kind == "github" && !hasFile:
		r.reports = append(r.reports, reportTo{kind, file})
		return nil
	}
	return invalidArgument("report", arg, []string{"junit:FILE", "github"})
}

// below is the directory that is called name from within another, "" for the
// working directory: more than one --directory is like more than one cd.
func below(dir, name string) string {
	if dir == "" || strings.HasPrefix(name, "/") {
		return name
	}
	return dir + "/" + name
}

// take folds one of GNU's options into the request.
func (r *request) take(opt *getopt.Option, arg string) error {
	switch opt.Long {
	case "length":
		return r.takeLength(arg)
	case "check":
		r.check = true
	case "ignore-missing":
		r.ignoreMissing = true
	case "quiet", "status", "warn":
		r.quiet, r.status, r.warn = opt.Long == "quiet", opt.Long == "status", opt.Long == "warn"
	case "strict":
		r.strict = true
	case "tag":
		r.tag = true
		r.binary = markerBinary
	case "zero":
		r.zero = true
	case "binary":
		r.binary = markerBinary
	case "text":
		r.binary = markerText
	case "help":
		r.help = true
	case "version":
		r.version = true
	}
	return nil
}

// complete puts what was said into relation, and returns what is wrong with it:
// of several things the first as GNU looks at them, then ours.
func (r *request) complete(t tool) error {
	if r.expect != nil {
		if r.check {
			return usageError("the --check and --expect options exclude each other")
		}
		r.check = true
	}
	if r.bits > maxBits {
		return tooLong(r.length)
	}
	if err := r.conflict(); err != nil {
		return err
	}
	if err := r.ownConflict(); err != nil {
		return err
	}
	chosen := r.algorithms != nil
	if !chosen {
		r.algorithms = []*hasher.Algorithm{t.algorithm}
	}
	switch {
	case len(r.operands) > 0 || r.has("files0-from"):
	case r.has("recursive"):
		r.operands = []string{"."}
	default:
		r.operands = []string{"-"}
	}
	if r.expect == nil {
		return r.sizeAlgorithm()
	}
	given, err := parseExpected(*r.expect)
	if err == nil {
		err = given.agree(r.algorithms, chosen)
	}
	if err != nil {
		return err
	}
	if given.algorithm != nil {
		r.algorithms = []*hasher.Algorithm{given.algorithm}
	}
	if err := r.sizeAlgorithm(); err != nil {
		return err
	}
	r.algorithms, r.digest, err = given.among(r.algorithms)
	return err
}

// sizeAlgorithm applies --length.
func (r *request) sizeAlgorithm() error {
	if r.length == "" {
		return nil
	}
	for i, alg := range r.algorithms {
		if alg.MinSize == 0 {
			continue
		}
		if r.bits > 0 && !r.check { // lines say how long their digests are
			r.algorithms[i] = alg.Sized(r.bits / 8)
		}
		return nil
	}
	return usageError("--length is only supported with --algorithm=blake2b")
}

// conflict returns what GNU says of options that don't go together: of several
// conflicts the first in this order.
func (r *request) conflict() error {
	switch {
	case r.tag && r.binary == markerText:
		return usageError("--tag does not support --text mode")
	case r.zero && r.check:
		return usageError("the --zero option is not supported when verifying checksums")
	case r.tag && r.check:
		return usageError("the --tag option is meaningless when verifying checksums")
	case r.binary != markerUnset && r.check:
		return usageError("the --binary and --text options are meaningless when verifying checksums")
	case r.check:
		return nil
	case r.ignoreMissing:
		return onlyWhenVerifying("ignore-missing")
	case r.status:
		return onlyWhenVerifying("status")
	case r.warn:
		return onlyWhenVerifying("warn")
	case r.quiet:
		return onlyWhenVerifying("quiet")
	case r.strict:
		return onlyWhenVerifying("strict")
	}
	return nil
}

func onlyWhenVerifying(option string) error {
	return usageError("the --" + option + " option is meaningful only when verifying checksums")
}

// ownConflict returns what is wrong with our own options, in words like GNU's.
func (r *request) ownConflict() error {
	if r.auto && !r.check {
		return usageError("the algorithm 'auto' is meaningful only when verifying checksums")
	}
	if len(r.algorithms) > 1 && !r.check && r.binary == markerText {
		return usageError("several algorithms do not support --text mode")
	}
	for _, o := range ownConflicts {
		switch {
		case !r.has(o.name):
		case o.hashing && r.check:
			return usageError("the --" + o.name + " option is meaningless when verifying checksums")
		case o.checking && !r.check:
			return onlyWhenVerifying(o.name)
		case o.listing && r.expect != nil:
			return usageError("the --" + o.name + " and --expect options exclude each other")
		case o.walking && !r.has("recursive") && !r.has("audit"):
			return usageError("the --" + o.name + " option is meaningful only with --recursive or --audit")
		}
	}
	if r.has("json") {
		if err := r.jsonConflict(); err != nil {
			return err
		}
	}
	if r.has("force") && !r.has("output") && len(r.reports) == 0 {
		return usageError("the --force option is meaningful only with --output or --report")
	}
	if len(r.require) > 0 && !r.check {
		return onlyWhenVerifying("require")
	}
	if r.has("relative-to") && r.directory != "" {
		return usageError("the --relative-to and --directory options exclude each other")
	}
	if r.expect != nil && len(r.operands) > 1 {
		return usageError("extra operand " + gnu.QuoteArgument(r.operands[1]))
	}
	if r.has("files0-from") && len(r.operands) > 0 {
		return usageError("extra operand " + gnu.QuoteArgument(r.operands[0]) +
			"\nfile operands cannot be combined with --files0-from")
	}
	return nil
}

// jsonConflict returns what is wrong with options that describe GNU's lines, where
// there are none. GNU has refused them already when verifying checksums.
func (r *request) jsonConflict() error {
	for _, o := range []struct {
		set  bool
		name string
	}{
		{r.tag, "tag"}, {r.zero, "zero"}, {r.binary == markerBinary, "binary"}, {r.binary == markerText, "text"},
	} {
		if o.set {
			return usageError("the --" + o.name + " and --json options exclude each other")
		}
	}
	return nil
}

// ownConflicts says when an option of ours has no meaning.
var ownConflicts = []struct {
	name              string
	hashing, checking bool // it is for that mode
	walking           bool // and says how to walk a tree
	listing           bool // and has to do with lists and manifests
}{
	{name: "recursive", hashing: true},
	{name: "follow", walking: true},
	{name: "one-file-system", walking: true},
	{name: "exclude", walking: true},
	{name: "include", walking: true},
	{name: "output", hashing: true},
	{name: "relative-to", checking: true},
	{name: "beneath", checking: true},
	{name: "explain", checking: true},
	{name: "fail-fast", checking: true},
	{name: "audit", checking: true},
	{name: "relative-to", listing: true},
	{name: "audit", listing: true},
	{name: "beneath", listing: true},
	{name: "files0-from", listing: true},
}

// has reports whether one of our options was given.
func (r *request) has(option string) bool {
	return slices.ContainsFunc(r.own, func(o givenOption) bool { return o.name == option })
}

// given is the options of the request, GNU's first.
func (r *request) given() []givenOption {
	given := make([]givenOption, 0, 4+len(r.own))
	for _, o := range []struct {
		set  bool
		name string
	}{
		{r.check, "check"}, {r.ignoreMissing, "ignore-missing"}, {r.quiet, "quiet"},
		{r.status, "status"}, {r.warn, "warn"}, {r.strict, "strict"}, {r.tag, "tag"},
		{r.zero, "zero"}, {r.binary == markerBinary, "binary"}, {r.binary == markerText, "text"},
	} {
		if o.set {
			given = append(given, givenOption{name: o.name})
		}
	}
	return append(given, r.own...)
}

// canonical is a command line in words that leave nothing to interpret: options in
// full and before operands.
func canonical(name string, given []givenOption, operands []string) []string {
	words := make([]string, 0, 2+len(given)+len(operands))
	words = append(words, name)
	for _, o := range given {
		word := "--" + o.name
		if o.takesArg {
			word += "=" + o.arg
		}
		words = append(words, word)
	}
	words = append(words, "--")
	return append(words, operands...)
}

// wantsFence reports whether a command line that is refused asks for a fence, and for
// JSON. What is an option in it, and what an option's argument, only the parser of
// command lines knows: it goes on behind each word that it refuses.
func wantsFence(t tool, words []string, posixlyCorrect bool) (wanted, json bool) {
	p := getopt.NewParser(getoptTable(t), words, posixlyCorrect)
	for {
		opt, arg, err := p.Next()
		switch {
		case err == io.EOF:
			return wanted, json
		case err != nil:
			p.Skip()
		case opt.Long == "json":
			json = true
		case opt.Long == "report" && arg == "github":
			wanted = true
		}
	}
}
