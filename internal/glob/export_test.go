package glob

// Tries returns the number of comparisons that Match makes.
func (p *Pattern) Tries(path string, dir bool) int {
	_, tries := p.match(path, dir)
	return tries
}
