package explain

import (
	"slices"
	"strconv"
	"strings"

	"github.com/psha1sum/psha1sum/hasher"
	"github.com/psha1sum/psha1sum/internal/algorithm"
	"github.com/psha1sum/psha1sum/internal/report"
	"github.com/psha1sum/psha1sum/manifest"
)

// A malformedLine is a malformed line and its diagnosis.
type malformedLine struct {
	number uint64
	manifest.Diagnosis
}

// Malformed diagnoses the first malformed lines.
func (e *explainer) Malformed(m *report.Malformed) {
	if len(e.lines) < MaxLines {
		diagnosis := manifest.Diagnose([]byte(m.Text), m.Stdin, e.accepted, e.known)
		e.lines = append(e.lines, malformedLine{m.Line, diagnosis})
	}
}

// malformedLines explains a manifest's malformed lines, or why the whole file is no
// manifest.
func (e *explainer) malformedLines(s *report.Summary) {
	if s.WellFormed() == 0 {
		if text := e.noManifest(s); text != "" {
			e.diag.About(s.Manifest, text)
			return
		}
	}
	armoured, told := false, uint64(0)
	for _, line := range e.lines {
		told++
		if armoured && (line.Kind == manifest.Armour || line.Kind == manifest.Unrecognised || line.Kind == manifest.WellFormed) {
			continue // part of the signature
		}
		armoured = armoured || line.Kind == manifest.Armour
		e.diag.About(s.Manifest, strconv.FormatUint(line.number, 10)+": "+e.malformation(&line))
	}
	if more := s.Malformed - told; more > 0 && !armoured {
		e.diag.About(s.Manifest, plural(more, "more malformed line is", "more malformed lines are")+" not explained")
	}
}

// noManifest returns the reason why a manifest has no checksum lines, or "" if there
// isn't a single one.
func (e *explainer) noManifest(s *report.Summary) string {
	switch {
	case s.ReadError != "" || s.Stopped:
		return ""
	case s.Malformed == 0 && s.Lines == 0:
		return "the manifest is empty"
	case s.Malformed == 0:
		return "the manifest has only comments and empty lines"
	}
	for _, line := range e.lines {
		switch line.Kind {
		case manifest.HTML:
			return "it is an HTML page, no manifest"
		case manifest.JSON:
			return "it is JSON, no manifest"
		case manifest.UTF16LittleEndian:
			return "it is in UTF-16, little-endian: convert it with iconv -f UTF-16 -t UTF-8"
		case manifest.UTF16BigEndian:
			return "it is in UTF-16, big-endian: convert it with iconv -f UTF-16 -t UTF-8"
		case manifest.UTF16:
			return "it seems to be in UTF-16, without a byte order mark"
		}
	}
	return ""
}

// malformation returns what is wrong with a line.
func (e *explainer) malformation(line *malformedLine) string {
	switch line.Kind {
	case manifest.ByteOrderMark:
		return "the line begins with a UTF-8 byte order mark"
	case manifest.UTF16, manifest.UTF16LittleEndian, manifest.UTF16BigEndian:
		return "the line is in UTF-16"
	case manifest.HTML:
		return "the line is HTML"
	case manifest.JSON:
		return "the line is JSON"
	case manifest.Armour:
		return "the line is part of a PGP message: gpg --decrypt checks the signature and takes the manifest out"
	case manifest.OneBlank:
		return "one blank between digest and name, where lines before have two, or a blank and a star"
	case manifest.BareDigest:
		return "a digest without a name" + e.of(line.Digits)
	case manifest.NameFirst:
		return "the name comes before the digest" + e.of(line.Digits)
	case manifest.OtherLength:
		return "the digest has " + plural(uint64(line.Digits), "digit", "digits") + ", where " + e.accepts() + e.of(line.Digits) +
			e.ofAnyLength(line.Digits)
	case manifest.NotHex:
		return "not everything in the digest is a hexadecimal digit"
	case manifest.OtherTag:
		alg := hasher.Algorithms[line.Algorithm]
		return "the line is tagged as " + alg.Name + ": " + algorithm.Try(e.takes(alg)...)
	case manifest.PaddedTag:
		return "several blanks behind the tag of " + hasher.Algorithms[line.Algorithm].Name + ", as rhash --bsd prints it: " + algorithm.Try(algorithm.Auto)
	case manifest.UnknownTag:
		return "the line is tagged as of an algorithm that is not known here"
	case manifest.BadEscape:
		return `the line begins with a backslash, and in the name is one that is not followed by \, n or r`
	case manifest.StandardInput:
		return "the manifest is standard input, so that - can't be one of its files"
	case manifest.FileHash:
		return "PowerShell's Get-FileHash printed this, which is no manifest"
	case manifest.CertUtil:
		return "certutil printed this, which is no manifest"
	}
	return "this is no checksum line"
}

// takes returns the words for --algorithm that accept lines tagged with alg.
func (e *explainer) takes(alg *hasher.Algorithm) []string {
	if e.isAccepted(alg.Tag) {
		return []string{algorithm.Auto} // the tag is one that another tool uses
	}
	return []string{alg.Name, algorithm.Auto}
}

func (e *explainer) isAccepted(tag string) bool {
	return slices.ContainsFunc(e.accepted, func(a manifest.Algorithm) bool { return a.Tag == tag })
}

// accepts returns the number of digits that is accepted.
func (e *explainer) accepts() string {
	if len(e.accepted) > 1 {
		return "none of the accepted algorithms has so many"
	}
	a := &e.accepted[0]
	return nameOf(a) + " has " + algorithm.Digits(a.Size, a.Variable, 0)
}

// nameOf returns the algorithm's name on the command line.
func nameOf(a *manifest.Algorithm) string {
	for _, alg := range hasher.Algorithms {
		if alg.Tag == a.Tag {
			return alg.Name
		}
	}
	return a.Tag
}

// ofAnyLength names the accepted algorithm that has digests of any length. With several
// accepted algorithms such digests are not accepted, since every hexadecimal word would
// be one.
func (e *explainer) ofAnyLength(digits int) string {
	if len(e.accepted) == 1 || digits%2 != 0 || e.of(digits) != "" {
		return ""
	}
	for i := range e.accepted {
		a := &e.accepted[i]
		switch {
		case !a.Variable || digits > 2*a.Size:
		case digits < 2*algorithm.MinGuessBytes:
			return "; it is too short to tell the algorithm by: if it is " + nameOf(a) + "'s, " + algorithm.Try(nameOf(a))
		default:
			return "; if it is " + nameOf(a) + "'s, " + algorithm.Try(nameOf(a))
		}
	}
	return ""
}

// of lists the algorithms whose digests have that many digits, or returns "" if one of
// them is accepted.
func (e *explainer) of(digits int) string {
	names := algorithm.WithDigits(digits)
	if names == nil || slices.ContainsFunc(names, func(name string) bool { return e.isAccepted(hasher.Lookup(name).Tag) }) {
		return ""
	}
	return ": it may be of " + strings.Join(names, ", ") + "; " + algorithm.Try(names[0])
}
