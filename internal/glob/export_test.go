package glob

// Tries returns how often Match compares something of the pattern with a place
// in the path.
func (p *Pattern) Tries(path string, dir bool) int {
	_, tries := p.match(path, dir)
	return tries
}
