package clitest

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// A Screen is what a person sees of a terminal, and has seen: it scrolls up without
// end. It knows what terminals do with text, with \r, \n and ECMA-48's EL and ED, and
// that is all that it may be sent.
type Screen struct {
	Columns  int
	Reflows  bool // it breaks rows that don't fit any more
	Rows     [][]rune
	row, col int    // where the cursor is
	rest     string // the beginning of something
	Strange  []string
}

// NewScreen returns an empty one of some width.
func NewScreen(columns int) *Screen { return &Screen{Columns: columns, Rows: make([][]rune, 1)} }

// Resize cuts rows that are too long, as xterm does, or breaks them in several, as
// most others do. Then the cursor stays on its character.
func (s *Screen) Resize(columns int) {
	s.Columns = columns
	if s.Reflows {
		s.reflow()
	}
	for i := range s.Rows {
		s.Rows[i] = s.Rows[i][:min(columns, len(s.Rows[i]))]
	}
	s.col = min(s.col, columns-1)
}

// reflow breaks rows. It joins none again: what was drawn fits when it is.
func (s *Screen) reflow() {
	var rows [][]rune
	row, col := 0, 0
	for i, old := range s.Rows {
		if i == s.row {
			row, col = len(rows)+s.col/s.Columns, s.col%s.Columns
		}
		pieces := slices.Collect(slices.Chunk(old, s.Columns))
		rows = append(rows, append(pieces, nil)[:max(len(pieces), 1)]...)
	}
	for len(rows) <= row {
		rows = append(rows, nil)
	}
	s.Rows, s.row, s.col = rows, row, col
}

// Show takes what is sent to the terminal.
func (s *Screen) Show(sent string) {
	s.rest += sent
	for s.rest != "" {
		r, n := utf8.DecodeRuneInString(s.rest)
		switch {
		case r == '\r':
			s.col = 0
		case r == '\n':
			s.lineFeed()
		case r == 0:
		case strings.HasPrefix(s.rest, "\x1b[K"):
			s.Rows[s.row] = s.Rows[s.row][:min(s.col, len(s.Rows[s.row]))]
			n = 3
		case strings.HasPrefix(s.rest, "\x1b[J"):
			s.Rows = s.Rows[:s.row+1]
			s.Rows[s.row] = s.Rows[s.row][:min(s.col, len(s.Rows[s.row]))]
			n = 3
		case s.rest == "\x1b", s.rest == "\x1b[", !utf8.FullRuneInString(s.rest):
			return
		case !unicode.IsPrint(r) || r == utf8.RuneError:
			s.Strange = append(s.Strange, s.rest[:n])
		default:
			s.put(r)
		}
		s.rest = s.rest[n:]
	}
}

func (s *Screen) lineFeed() {
	s.row++
	if s.row == len(s.Rows) {
		s.Rows = append(s.Rows, nil)
	}
}

// put writes a character, in the next row if there is no room left in this one. A
// wide one has a zero beside it.
func (s *Screen) put(r rune) {
	cells := []rune{r}
	if r >= 0x1100 { // as far as these tests have any
		cells = append(cells, 0)
	}
	if s.col+len(cells) > s.Columns {
		s.col = 0
		s.lineFeed()
	}
	for _, c := range cells {
		for len(s.Rows[s.row]) <= s.col {
			s.Rows[s.row] = append(s.Rows[s.row], ' ')
		}
		s.Rows[s.row][s.col] = c
		s.col++
	}
}

// String is what there is, without blanks at the end of lines.
func (s *Screen) String() string {
	var b strings.Builder
	for i, row := range s.Rows {
		if i > 0 {
			b.WriteByte('\n')
		}
		b.WriteString(strings.TrimRight(strings.ReplaceAll(string(row), "\x00", ""), " "))
	}
	return b.String()
}

// Line is the row of the cursor.
func (s *Screen) Line() string {
	lines := strings.Split(s.String(), "\n")
	return lines[s.row]
}
