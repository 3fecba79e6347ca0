package hasher

// A plan distributes ready streams over idle workers. It caches what it computes.
type plan struct {
	rate  func(streams int) float64 // of a batch, on one worker
	rates []float64                 // cache of rate, by streams
	best  [][]split                 // by workers, then by streams
}

// A split is the number of streams that the first of several workers takes, and the
// total rate of all these workers if the rest is split the same way.
type split struct {
	first int
	rate  float64
}

// maxPlanned bounds the workers of a plan. For more workers, the streams are scaled
// down in proportion.
const maxPlanned = 16

// first returns how many of n ready streams the first of the idle workers takes, at
// most lanes, to maximise the sum of the workers' rates.
func (p *plan) first(n, workers, lanes int) int {
	if workers > maxPlanned {
		n = (n*maxPlanned + workers - 1) / workers
		workers = maxPlanned
	}
	if workers == 1 || n == 1 || n >= workers*lanes {
		return min(n, lanes)
	}
	return p.split(n, workers, lanes).first
}

func (p *plan) split(n, workers, lanes int) split {
	if p.rates == nil {
		p.rates = make([]float64, lanes+1)
		for i := 1; i <= lanes; i++ {
			p.rates[i] = p.rate(i)
		}
	}
	for len(p.best) < workers {
		p.best = append(p.best, p.next(lanes))
	}
	return p.best[workers-1][n]
}

// next computes the splits for one worker more than best has rows. A single worker
// takes as many streams as it can.
func (p *plan) next(lanes int) []split {
	row := make([]split, (len(p.best)+1)*lanes+1) // with more streams, batches are full
	for n := 1; n < len(row); n++ {
		most := min(n, lanes)
		least := 1
		if len(p.best) == 0 {
			least = most
		}
		for first := least; first <= most; first++ {
			rate := p.rates[first] + p.rest(n-first)
			if rate > row[n].rate {
				row[n] = split{first, rate}
			}
		}
	}
	return row
}

// rest returns the best total rate of n streams on the workers of the last row.
func (p *plan) rest(n int) float64 {
	if len(p.best) == 0 {
		return 0
	}
	row := p.best[len(p.best)-1]
	return row[min(n, len(row)-1)].rate
}
