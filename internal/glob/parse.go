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

// Parse parses a pattern. The error doesn't repeat the pattern:
//
//	empty pattern
//	trailing backslash
//	unterminated [
//	unknown character class
//
// A pattern of only slashes that are removed is empty too.
func Parse(pattern string) (*Pattern, error) {
	text, dirOnly := strings.CutSuffix(pattern, "/")
	// As in git, a slash inside a class counts.
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

// A parser parses a pattern from left to right.
type parser struct {
	rest     string // not parsed yet
	parts    []part
	elements []element // of the current part
	text     []byte    // of the current literal
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
		p.character() // a quoted slash is still a slash
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

// character parses an ordinary character.
func (p *parser) character() {
	c, width := character(p.rest)
	text := p.rest[:width]
	p.rest = p.rest[width:]
	switch {
	case c == '/':
		p.endPart()
	case c > lastRune:
		// Literals contain complete characters only, so that comparing bytes compares
		// characters. This byte is not part of one.
		p.add(element{kind: bracket, class: class{spans: []span{{c, c}}}})
	default:
		p.text = append(p.text, text...)
	}
}

// stars parses a run of asterisks.
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
	// At the end, something must follow the directory. If the slash is quoted, git
	// requires at least one directory.
	if behind == "" || strings.HasPrefix(behind, `\/`) {
		p.parts = append(p.parts, part{directories: true})
	}
	p.add(element{kind: star})
}

func (p *parser) beginsPart() bool { return len(p.elements) == 0 && len(p.text) == 0 }

// add ends the current literal and appends an element.
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

// endPart ends a part at a slash or the end of the pattern. A part without elements
// matches nothing.
func (p *parser) endPart() {
	p.endLiteral()
	p.parts = append(p.parts, part{elements: p.elements})
	p.elements = nil
}
