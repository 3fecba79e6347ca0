package hasher

// A plan splits what is ready over idle workers. It remembers what it computed.
type plan struct {
	rate  func(streams int) float64 // of a batch, on one worker
	rates []float64                 // what it said, by streams
	best  [][]split                 // by workers, then by streams
}

// A split is what the first of several workers takes of a number of streams,
// and the rate that all of them reach together if the rest is split as well.
type split struct {
	first int
	rate  float64
}

// maxPlanned bounds the workers that are planned for. More of them share streams
// out as that many would do with their part of the streams.
const maxPlanned = 16

// first returns how many of n streams the first of some idle workers takes, at
// most lanes, so that the sum of the workers' rates is highest.
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

// next computes the splits for one worker more than there are rows. The last
// worker takes as much as it can, because there is nobody else for the rest.
func (p *plan) next(lanes int) []split {
	row := make([]split, (len(p.best)+1)*lanes+1) // more streams are only full batches
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

// rest is the best rate of those that the last row was computed for.
func (p *plan) rest(n int) float64 {
	if len(p.best) == 0 {
		return 0
	}
	row := p.best[len(p.best)-1]
	return row[min(n, len(row)-1)].rate
}
