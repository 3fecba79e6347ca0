package getopt

// short parses the next letter of the bundle; the rest of the bundle may be the
// option's argument.
func (p *Parser) short() (*Option, string, error) {
	letter := p.bundle[:1]
	p.bundle = p.bundle[1:]
	opt := p.findShort(letter[0])
	if opt == nil {
		return nil, "", errInvalid(letter)
	}
	if !opt.Arg {
		return opt, "", nil
	}
	if p.bundle != "" {
		arg := p.bundle
		p.bundle = ""
		return opt, arg, nil
	}
	arg, ok := p.takeWord()
	if !ok {
		return nil, "", errShortNeedsArgument(letter)
	}
	return opt, arg, nil
}

// findShort returns the option with that letter, or nil. GNU's take precedence over
// extensions.
func (p *Parser) findShort(letter byte) *Option {
	if letter == 0 {
		return nil // 0 in the table means no letter
	}
	var extension *Option
	for i := range p.table {
		opt := &p.table[i]
		if opt.Short != letter {
			continue
		}
		if !opt.Extension {
			return opt
		}
		if extension == nil {
			extension = opt
		}
	}
	return extension
}
