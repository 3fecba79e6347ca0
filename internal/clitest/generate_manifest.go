//go:build unix

package clitest

import (
	"bytes"
	"strings"
	"testing"
)

// Manifest makes a manifest of names as sha1sum would, damages it at random, and adds the
// FIFOs, which must be listed undamaged and at most once.
func (g Generator) Manifest(t *testing.T, tr *Tree, names []string, fifos []FIFO) []byte {
	lines := g.genuineLines(t, tr, names)
	if g.Chance(65) {
		lines = g.damageLines(lines)
	}
	for _, f := range fifos {
		line := FormatLine(Pick(g, Styles...), f.Data, strings.TrimPrefix(f.Path, tr.Dir+"/"))
		at := g.IntN(len(lines) + 1)
		lines = append(lines[:at:at], append([]string{line}, lines[at:]...)...)
	}
	return g.damageWhole(lines)
}

// genuineLines returns lines for names: those of the real tool in random styles for files
// that can be read, invented ones for the others.
func (g Generator) genuineLines(t *testing.T, tr *Tree, names []string) []string {
	known := make(map[string]bool)
	for _, name := range tr.Readable {
		known[name] = true
	}
	lines := make([]string, len(names))
	for _, style := range Styles {
		args := []string{style, "--"}
		var places []int
		for i, name := range names {
			switch {
			case lines[i] != "" || !g.Chance(50) && style != Styles[len(Styles)-1]:
				// already has a line, or is done in another style
			case known[name]:
				args = append(args, name)
				places = append(places, i)
			default:
				lines[i] = FormatLine(style, nil, name)
			}
		}
		if len(places) == 0 {
			continue
		}
		out := GNU.Output(t, args, Settings{Dir: tr.Dir})
		for i, line := range strings.Split(strings.TrimSuffix(string(out.Stdout), "\n"), "\n") {
			lines[places[i]] = line
		}
	}
	return lines
}

// damageLines damages, repeats and drops some lines, and inserts strange ones.
func (g Generator) damageLines(lines []string) []string {
	var damaged []string
	percent := Pick(g, 5, 25, 60)
	for _, line := range lines {
		switch {
		case !g.Chance(percent):
			damaged = append(damaged, line)
		case g.Chance(70):
			damaged = append(damaged, g.damageLine(line))
		case g.Chance(50):
			damaged = append(damaged, line, line)
		case g.Chance(50):
			damaged = append(damaged, g.strangeLine(), line)
		}
	}
	if g.Chance(30) {
		damaged = append(damaged, g.strangeLine())
	}
	return damaged
}

// strangeLine returns a line that sha1sum doesn't write.
func (g Generator) strangeLine() string {
	const hex = "da39a3ee5e6b4b0d3255bfef95601890afd80709"
	return Pick(g, "", " ", "\t", "#", "# comment", " # no comment", "#\xff\x00", "\r", "\r\r", `\`,
		hex, hex+" ", hex+"  ", hex+" *", hex+"   ", hex+" a", hex+" *a", hex+"\ta", hex+"\t\ta", hex+"\v a",
		hex[:39]+"  a", hex+"0  a", hex+hex[:24]+"  a", hex[:32]+"  a", hex+"\x00 a", strings.ToUpper(hex)+"  missing",
		"0x"+hex+"  a", `\`+hex+`  a\`, `\`+hex+`  a\x`, `\`+hex+`  a\\b\n`, `\`+hex+"  a\x00", `\\`+hex+"  a", ` \`+hex+"  a",
		`\ `+hex+"  a", hex+" -", hex+"  -", hex+"  ./-", hex+"  \x00", "SHA1 (-) = "+hex,
		"SHA1 () = "+hex, "SHA1(a)= "+hex, "SHA1  (a) = "+hex, "SHA1\t(a) = "+hex, "sha1 (a) = "+hex, "SHA1 (a) = "+hex+" ",
		"SHA1 (a) = "+hex[:39], "SHA1 (a) = "+hex+"0", "SHA1 (a) = "+hex+"\x00x", "SHA1 (a)) = "+hex, "SHA1 (a = "+hex,
		"SHA1 (a)\t=\t"+hex, "SHA1 (a)="+hex, "SHA1 (a) "+hex, "SHA1", "SHA1 ", "SHA1 (", "SHA1 ()", "SHA1 (a) =", "SHA1 (a\x00b) = "+hex,
		`\SHA1 (a\nb) = `+hex, ` \SHA1 (a\) = `+hex, "MD5 (a) = "+hex[:32], "SHA256 (a) = "+hex, "SHA-1 (a) = "+hex, "SHA1-160 (a) = "+hex,
		"BLAKE2b (a) = "+hex, "crc 1 a", string(g.Bytes(g.IntN(80))), strings.Repeat("x", g.IntN(9000)))
}

// damageLine makes a small change to a line.
func (g Generator) damageLine(line string) string {
	cut := func() int { return g.IntN(len(line) + 1) }
	if len(line) == 0 {
		return g.strangeLine()
	}
	switch g.IntN(16) {
	case 0: // another well-formed digest
		at := g.IntN(min(len(line), 40))
		return line[:at] + Pick(g, "0", "f", "A") + line[at+1:]
	case 1:
		return strings.ToUpper(line)
	case 2:
		return Pick(g, " ", "\t", "   ", " \t ") + line
	case 3:
		return `\` + line
	case 4:
		return line[:cut()]
	case 5:
		return line[cut():]
	case 6:
		at := cut()
		return line[:at] + Pick(g, " ", "*", "\t", `\`, `\\`, `\n`, `\r`, "\r", "(", ")", "=", "'", "0", "g", "/", "\x01", "\xff", "é", "#") + line[at:]
	case 7:
		at := g.IntN(len(line))
		return line[:at] + line[at+1:]
	case 8: // a different marker
		return strings.Replace(line, "  ", Pick(g, " *", "\t ", " \t", "* ", "   ", "\t\t", " "), 1)
	case 9: // the format that a reader of old manifests calls "reversed"
		return strings.Replace(strings.Replace(line, " *", " ", 1), "  ", " ", 1)
	case 10:
		return strings.Replace(line, "SHA1", Pick(g, "MD5", "SHA256", "sha1", "SHA-1", "SHA1 ", " SHA1"), 1)
	case 11:
		return strings.NewReplacer(" (", "(", ") = ", Pick(g, ")= ", ") =", ")=", ") == ", ") - ")).Replace(line)
	case 12:
		return line + Pick(g, " ", "\t", "\r", "\r\r", "x", ")", "\x00", `\`)
	case 13:
		at := cut()
		return line[:at] + "\x00" + line[at:]
	case 14: // columns exchanged
		if len(line) > 42 {
			return line[42:] + "  " + line[:40]
		}
		return line
	default:
		return g.strangeLine()
	}
}

// damageWhole joins lines and damages the whole text.
func (g Generator) damageWhole(lines []string) []byte {
	end := "\n"
	if g.Chance(6) {
		end = "\r\n"
	}
	var b bytes.Buffer
	if g.Chance(4) {
		b.WriteString("\ufeff")
	}
	for _, line := range lines {
		b.WriteString(line + end)
	}
	if g.Chance(3) {
		b.Write(g.Bytes(g.IntN(300)))
	}
	data := b.Bytes()
	if g.Chance(8) {
		data = bytes.TrimSuffix(data, []byte("\n"))
	}
	if g.Chance(2) {
		data = data[:g.IntN(len(data)+1)]
	}
	if !GNU.Release.Before(9, 2) {
		// Releases differ in the handling of NUL bytes.
		data = bytes.ReplaceAll(data, []byte{0}, []byte{1})
	}
	return data
}
