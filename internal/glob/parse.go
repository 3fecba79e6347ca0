package glob

import (
	"errors"
	"strings"
)

var (
	errEmpty        = errors.New("empty pattern")
	errBackslash    = errors.New("trailing backslash")
	errUnterminated = errors.New("unterminated [")
	errUnknownClass = errors.New("unknown character class")
)

// Parse reads a pattern. The error says what is wrong with it, and does not
// repeat it:
//
//	empty pattern
//	trailing backslash
//	unterminated [
//	unknown character class
//
// A pattern of nothing but the slashes that are dropped is empty too.
func Parse(pattern string) (*Pattern, error) {
	text, dirOnly := strings.CutSuffix(pattern, "/")
	// git looks for a slash before all else, so that one in a class counts.
	baseName := !strings.Contains(text, "/")
	text = strings.TrimPrefix(text, "/")
	if text == "" {
		return nil, errEmpty
	}
	p := parser{rest: text}
	for p.rest != "" {
		if err := p.step(); err != nil {
			return nil, err
		}
	}
	p.endPart()
	return &Pattern{parts: p.parts, baseName: baseName, dirOnly: dirOnly}, nil
}

// A parser walks a pattern from left to right.
type parser struct {
	rest     string // still to be read
	parts    []part
	elements []element // of the part that is being read
	text     []byte    // of the literal that is being read
}

func (p *parser) step() error {
	c := p.rest[0]
	if c == '*' {
		p.stars()
		return nil
	}
	if c == '\\' {
		p.rest = p.rest[1:]
		if p.rest == "" {
			return errBackslash
		}
		p.character() // a slash is one with a backslash too
		return nil
	}
	if c == '?' {
		p.rest = p.rest[1:]
		p.add(element{kind: anyOne})
		return nil
	}
	if c == '[' {
		class, rest, err := parseClass(p.rest[1:])
		if err != nil {
			return err
		}
		p.rest = rest
		p.add(element{kind: bracket, class: class})
		return nil
	}
	p.character()
	return nil
}

// character reads one that stands for itself.
func (p *parser) character() {
	c, width := character(p.rest)
	text := p.rest[:width]
	p.rest = p.rest[width:]
	switch {
	case c == '/':
		p.endPart()
	case c > lastRune:
		// A literal is whole characters, so that finding its bytes in a
		// name is finding its characters. This byte is none.
		p.add(element{kind: bracket, class: class{spans: []span{{c, c}}}})
	default:
		p.text = append(p.text, text...)
	}
}

// stars reads a run of asterisks.
func (p *parser) stars() {
	behind := strings.TrimLeft(p.rest, "*")
	several := len(p.rest)-len(behind) > 1
	p.rest = behind
	if !several || !p.beginsPart() {
		p.add(element{kind: star})
		return
	}
	if text, ok := strings.CutPrefix(behind, "/"); ok {
		p.parts = append(p.parts, part{directories: true})
		p.rest = text
		return
	}
	// At the end there must be something inside the directory. If the slash has a
	// backslash, git wants one directory at least.
	if behind == "" || strings.HasPrefix(behind, `\/`) {
		p.parts = append(p.parts, part{directories: true})
	}
	p.add(element{kind: star})
}

func (p *parser) beginsPart() bool { return len(p.elements) == 0 && len(p.text) == 0 }

// add appends an element behind the literal that it ends.
func (p *parser) add(e element) {
	p.endLiteral()
	p.elements = append(p.elements, e)
}

func (p *parser) endLiteral() {
	if len(p.text) > 0 {
		p.elements = append(p.elements, element{kind: literal, text: string(p.text)})
		p.text = p.text[:0]
	}
}

// endPart ends a part at a slash or at the pattern's end. One that has no
// element matches no name.
func (p *parser) endPart() {
	p.endLiteral()
	p.parts = append(p.parts, part{elements: p.elements})
	p.elements = nil
}
