package main

import (
	"strings"
	"unicode/utf8"
)

// A screen is what a terminal shows. It knows what psha1sum sends to one: text in ASCII,
// \r, \n, and ECMA-48's EL and ED, which erase what is behind the cursor.
type screen struct {
	columns  int
	rows     [][]rune
	row, col int
	rest     string // the beginning of something
}

// show takes what is sent to the terminal.
func (s *screen) show(sent string) {
	s.rest += sent
	for s.rest != "" {
		if s.row == len(s.rows) {
			s.rows = append(s.rows, nil)
		}
		r, n := utf8.DecodeRuneInString(s.rest)
		switch {
		case r == '\r':
			s.col = 0
		case r == '\n':
			s.row++
		case strings.HasPrefix(s.rest, "\x1b[K"), strings.HasPrefix(s.rest, "\x1b[J"):
			s.rows[s.row] = s.rows[s.row][:min(s.col, len(s.rows[s.row]))]
			n = 3
		case s.rest == "\x1b", s.rest == "\x1b[", !utf8.FullRuneInString(s.rest):
			return
		case r >= ' ':
			s.put(r)
		}
		s.rest = s.rest[n:]
	}
}

// put writes a character, in the next row if there is no room left in this one.
func (s *screen) put(r rune) {
	if s.col == s.columns {
		s.row, s.col = s.row+1, 0
		s.rows = append(s.rows, nil)
	}
	for len(s.rows[s.row]) <= s.col {
		s.rows[s.row] = append(s.rows[s.row], ' ')
	}
	s.rows[s.row][s.col] = r
	s.col++
}

// line is the row of the cursor.
func (s *screen) line() string {
	if s.row >= len(s.rows) {
		return ""
	}
	return string(s.rows[s.row])
}

// lines are all rows, without blanks at their ends.
func (s *screen) lines() []string {
	var lines []string
	for _, row := range s.rows {
		lines = append(lines, strings.TrimRight(string(row), " "))
	}
	return lines
}
