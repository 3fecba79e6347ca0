package explain

import (
	"encoding/hex"
	"strconv"
	"unicode/utf8"

	"github.com/psha1sum/psha1sum/hasher"
	"github.com/psha1sum/psha1sum/internal/algorithm"
	"github.com/psha1sum/psha1sum/internal/gnu"
	"github.com/psha1sum/psha1sum/internal/sniff"
	"github.com/psha1sum/psha1sum/reader"
)

// reasons returns the likely reasons why a file's digest differs from its i-th failed
// line, the likeliest first. Those proved by digests precede those suggested by contents.
func (e *explainer) reasons(f *failedFile, i int, look *rereadResult, swaps swaps) (reasons []string) {
	line := &f.lines[i]
	swap, swapped := swaps[line]
	if swapped && swap.exchanged {
		reasons = append(reasons, "exchanged with "+e.diag.Quoted(swap.name)+" of line "+
			strconv.FormatUint(swap.line, 10)+": each has the other's digest")
	}
	switch {
	case look.changed:
		return append(reasons, "unknown: the file has changed since it was hashed")
	case look.special:
		return append(reasons, e.unreadTwice(f, look)...)
	case look.err != nil:
		return append(reasons, "unknown: the file could not be read again: "+gnu.Strerror(look.err))
	}
	reasons = append(reasons, digestReasons(line, &look.lines[i])...)
	if swapped && !swap.exchanged && look.size > 0 {
		reasons = append(reasons, e.listedElsewhere(swap))
	}
	return append(reasons, e.contentReasons(f.name, line, look)...)
}

// unreadTwice returns why a file can't be read again.
func (e *explainer) unreadTwice(f *failedFile, look *rereadResult) []string {
	what := "a descriptor of this process"
	switch {
	case f.at.Path == "":
		what = "standard input"
	case look.details.Type != reader.RegularFile:
		what = kindOf(look.details.Type)
	}
	return []string{"unknown: it is " + what + ", which is not read twice"}
}

// digestReasons returns the reasons that digests prove.
func digestReasons(line *failedLine, found *lineResult) (reasons []string) {
	if found.other != nil {
		reasons = append(reasons, "the expected digest is the file's by "+algorithm.DisplayName(found.other)+", not "+
			algorithm.DisplayName(line.algorithm)+": "+algorithm.Try(found.other.Name))
	}
	if found.unix {
		reasons = append(reasons, "the lines were converted to end in CR LF: with LF alone the digest is the expected one")
	}
	if found.windows {
		reasons = append(reasons, "the lines were converted to end in LF alone: with CR LF the digest is the expected one")
	}
	if found.empty {
		reasons = append(reasons, "the expected digest is that of an empty file")
	}
	return reasons
}

// listedElsewhere names the line that lists the file's digest.
func (e *explainer) listedElsewhere(s swap) string {
	number := strconv.FormatUint(s.line, 10)
	switch {
	case s.same:
		return "the manifest contradicts itself: line " + number + " lists the actual digest for the same file"
	case s.name != "":
		return "it has the contents of another file: line " + number + " lists the actual digest for " + e.diag.Quoted(s.name)
	}
	return "it has the contents of another file: line " + number + " lists the actual digest"
}

// elsewhere names the file that has the contents expected of one that could not be read.
func (e *explainer) elsewhere(s swap) []string {
	if !s.has {
		return nil
	}
	return []string{e.diag.Quoted(s.name) + " of line " + strconv.FormatUint(s.line, 10) + " has the expected digest"}
}

// contentReasons returns the reasons that the file's contents suggest.
func (e *explainer) contentReasons(name string, line *failedLine, look *rereadResult) (reasons []string) {
	if look.size == 0 {
		return []string{"the file is empty"}
	}
	if sniff.HTML(look.beginning) && !isPage(name) {
		reasons = append(reasons, "it is an HTML page"+e.title(look.beginning)+", perhaps what a server sent instead of the file")
	}
	if look.size != int64(len(look.beginning)) {
		return reasons
	}
	if pointer, ok := sniff.LFSPointer(look.beginning); ok {
		text := "it is a Git LFS pointer to a file of " + plural(pointer.Size, "byte", "bytes") + " with the sha256 digest "
		if line.algorithm == hasher.SHA256 && pointer.OID == hex.EncodeToString(line.expected) {
			text += "that is expected: try git lfs pull"
		} else {
			text += pointer.OID
		}
		reasons = append(reasons, text)
	}
	return reasons
}

// isPage reports whether a name is that of an HTML page.
func isPage(name string) bool {
	for _, end := range []string{".html", ".htm", ".xhtml", ".HTML", ".HTM"} {
		if len(name) > len(end) && name[len(name)-len(end):] == end {
			return true
		}
	}
	return false
}

// maxTitle is the number of bytes shown of a page's title.
const maxTitle = 80

// title returns a page's title for a message. It is quoted, because the page is
// untrusted.
func (e *explainer) title(beginning []byte) string {
	title := sniff.Title(beginning)
	if title == "" {
		return ""
	}
	if len(title) > maxTitle {
		end := maxTitle
		for end > maxTitle-utf8.UTFMax && !utf8.RuneStart(title[end]) {
			end--
		}
		title = title[:end] + "..."
	}
	return " titled " + e.diag.QuotedAlways(title)
}

// kindOf describes a file that is not regular.
func kindOf(t reader.Type) string {
	switch t {
	case reader.Directory:
		return "a directory"
	case reader.Link:
		return "a symbolic link"
	case reader.FIFO:
		return "a FIFO"
	case reader.Socket:
		return "a socket"
	case reader.CharacterDevice, reader.BlockDevice:
		return "a device"
	}
	return "no regular file"
}
