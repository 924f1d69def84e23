package bench

import (
	"slices"
	"time"
)

// Report is what a run has measured, and where.
type Report struct {
	At         time.Time     `json:"at"`
	This       string        `json:"this"`
	Against    string        `json:"against,omitempty"`
	HAProxy    string        `json:"haproxy,omitempty"`
	System     string        `json:"system"`
	Processors int           `json:"processors"`
	Time       time.Duration `json:"time_ns"` // of each load
	Rounds     int           `json:"rounds"`
	Tables     []Table       `json:"tables"`
	Idle       []Idle        `json:"idle,omitempty"`
}

// Table holds rows that may be compared: they were measured in turn.
type Table struct {
	Part  Part   `json:"part"`
	Title string `json:"title"`
	Rows  []Row  `json:"rows"`
}

// Row is one setup with its samples, one for each round, and what they come to.
type Row struct {
	Setup
	Sample           // the median of each value
	Added   *Added   `json:"added,omitempty"`
	Ratios  *Ratios  `json:"ratios,omitempty"`
	Samples []Sample `json:"samples"`
}

// Added is how much longer messages took than on a direct connection.
type Added struct {
	P50  time.Duration `json:"p50_ns"`
	P99  time.Duration `json:"p99_ns"`
	P999 time.Duration `json:"p999_ns"`
}

// Ratios compare a row with others of its table, round by round; the median counts. Zero: there is none.
type Ratios struct {
	CPUToHAProxy   float64 `json:"cpu_to_haproxy,omitempty"`
	P50ToHAProxy   float64 `json:"p50_to_haproxy,omitempty"`
	CPUToAgainst   float64 `json:"cpu_to_against,omitempty"`
	RateToAgainst  float64 `json:"rate_to_against,omitempty"`
	CPUToUntracked float64 `json:"cpu_to_untracked,omitempty"`
	CPUToKnown     float64 `json:"cpu_to_known,omitempty"` // conversations
}

// add appends a table of the rows that have samples.
func (r *Report) add(kind Part, title string, rows []Row) {
	rows = slices.DeleteFunc(rows, func(r Row) bool { return len(r.Samples) == 0 })
	for i := range rows {
		rows[i].Sample = median(rows[i].Samples)
	}
	for i := range rows {
		rows[i].compare(rows)
	}
	if len(rows) > 0 {
		r.Tables = append(r.Tables, Table{kind, title, rows})
	}
}

// compare fills in what the row is in relation to others.
func (r *Row) compare(rows []Row) {
	ratios := new(Ratios)
	if direct := r.peer(rows, Direct, ""); direct != nil && r.Way != Direct {
		r.Added = &Added{r.P50 - direct.P50, r.P99 - direct.P99, r.P999 - direct.P999}
	}
	if proxy := r.peer(rows, HAProxy, ""); proxy != nil && r.Way != HAProxy && r.Way != Direct {
		ratios.CPUToHAProxy = ratio(r.Samples, proxy.Samples, targetTime)
		ratios.P50ToHAProxy = ratio(r.Samples, proxy.Samples, func(s Sample) float64 { return float64(s.P50) })
	}
	if other := r.peer(rows, r.Way, Against); other != nil && r.Release == This {
		ratios.CPUToAgainst = ratio(r.Samples, other.Samples, targetTime)
		ratios.RateToAgainst = ratio(r.Samples, other.Samples, func(s Sample) float64 { return s.PerSecond })
	}
	if plain := r.peer(rows, Untracked, r.Release); plain != nil && r.Way != Untracked {
		ratios.CPUToUntracked = ratio(r.Samples, plain.Samples, targetTime)
	}
	if r.Record > 0 && r.Case != caseKnown {
		known := *r
		known.Case = caseKnown
		if peer := known.peer(rows, r.Way, r.Release); peer != nil {
			ratios.CPUToKnown = ratio(r.Samples, peer.Samples, targetTime)
		}
	}
	if *ratios != (Ratios{}) {
		r.Ratios = ratios
	}
}

func targetTime(s Sample) float64 { return s.Target }

// peer returns the row that differs from r only in way and release; nil if there is none.
func (r *Row) peer(rows []Row, w Way, rel Release) *Row {
	want := r.Setup
	want.Way, want.Release = w, rel
	for i := range rows {
		if rows[i].Setup == want {
			return &rows[i]
		}
	}
	return nil
}

// ratio returns the median of value by value of the rounds; zero if there is none.
func ratio(a, b []Sample, value func(Sample) float64) float64 {
	var all []float64
	for i := range min(len(a), len(b)) {
		if of := value(b[i]); of > 0 {
			all = append(all, value(a[i])/of)
		}
	}
	return middle(all)
}

// median returns the median of each value.
func median(samples []Sample) Sample {
	of := func(value func(Sample) float64) float64 {
		all := make([]float64, len(samples))
		for i, s := range samples {
			all[i] = value(s)
		}
		return middle(all)
	}
	return Sample{
		Messages:   int(of(func(s Sample) float64 { return float64(s.Messages) })),
		PerSecond:  of(func(s Sample) float64 { return s.PerSecond }),
		P50:        time.Duration(of(func(s Sample) float64 { return float64(s.P50) })),
		P99:        time.Duration(of(func(s Sample) float64 { return float64(s.P99) })),
		P999:       time.Duration(of(func(s Sample) float64 { return float64(s.P999) })),
		Max:        time.Duration(of(func(s Sample) float64 { return float64(s.Max) })),
		Target:     of(targetTime),
		Load:       of(func(s Sample) float64 { return s.Load }),
		Sink:       of(func(s Sample) float64 { return s.Sink }),
		Resident:   int64(of(func(s Sample) float64 { return float64(s.Resident) })),
		Dropped:    int(of(func(s Sample) float64 { return float64(s.Dropped) })),
		Lost:       int(of(func(s Sample) float64 { return float64(s.Lost) })),
		Unnumbered: int(of(func(s Sample) float64 { return float64(s.Unnumbered) })),
	}
}

// middle returns the median; of an even number of values the mean of the two in the middle.
func middle(all []float64) float64 {
	if len(all) == 0 {
		return 0
	}
	slices.Sort(all)
	n := len(all)
	return (all[(n-1)/2] + all[n/2]) / 2
}
