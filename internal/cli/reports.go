package cli

import "strings"

// A ReportKind is a kind of report that --report may ask for.
type ReportKind struct {
	Name   string
	ToFile bool   // it is written to a file that the argument names: NAME:FILE
	Does   string // what the help says of it, behind its name
	// StopsCommands says that the runner of our caller is to follow no command that may be
	// in what is printed, before anything is.
	StopsCommands bool
}

// Form is what an argument looks like.
func (k *ReportKind) Form() string {
	if k.ToFile {
		return k.Name + ":FILE"
	}
	return k.Name
}

// A ReportTo is an argument of --report.
type ReportTo struct {
	ReportKind
	File string // of one that goes ToFile
}

// reportTo takes an argument of --report apart.
func (t Tool) reportTo(arg string) (to ReportTo, ok bool) {
	name, file, hasFile := strings.Cut(arg, ":")
	for _, kind := range t.Reports {
		if kind.Name == name && kind.ToFile == hasFile && hasFile == (file != "") {
			return ReportTo{kind, file}, true
		}
	}
	return to, false
}

// takesReport notes one more report.
func (r *Request) takesReport(t Tool) value {
	return func(arg string) error {
		to, ok := t.reportTo(arg)
		if !ok {
			var forms []string
			for _, kind := range t.Reports {
				forms = append(forms, kind.Form())
			}
			return invalidArgument("report", arg, forms)
		}
		r.Reports = append(r.Reports, to)
		return nil
	}
}

// reportHelp is the description of --report.
func (t Tool) reportHelp() string {
	text, between := "report to a CI system as well:", " "
	for _, kind := range t.Reports {
		text += between + kind.Form() + " " + kind.Does
		between = ", "
	}
	return wrapped(text, helpWidth-helpColumn-len("  "), "\n")
}
