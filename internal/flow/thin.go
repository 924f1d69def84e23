package flow

import "slices"

// Thin returns at most n samples of a time: of neighbours the mean rate, the longest queue and the longest latency.
func Thin(all []Sample, n int) []Sample {
	step := (len(all) + n - 1) / n
	if step <= 1 {
		return all
	}
	thin := make([]Sample, 0, n)
	for some := range slices.Chunk(all, step) {
		thin = append(thin, together(some))
	}
	return thin
}

func together(some []Sample) Sample {
	s := some[len(some)-1]
	for _, rate := range []func(*Sample) *float64{
		func(s *Sample) *float64 { return &s.Messages }, func(s *Sample) *float64 { return &s.Numbered },
		func(s *Sample) *float64 { return &s.Skipped }, func(s *Sample) *float64 { return &s.Delivered },
		func(s *Sample) *float64 { return &s.Read }, func(s *Sample) *float64 { return &s.Rejected },
	} {
		var sum float64
		for i := range some {
			sum += *rate(&some[i])
		}
		*rate(&s) = sum / float64(len(some))
	}
	for i := range some {
		o := &some[i]
		s.SMSCUp = s.SMSCUp && o.SMSCUp
		s.Held, s.Waiting, s.Outbox = max(s.Held, o.Held), max(s.Waiting, o.Waiting), max(s.Outbox, o.Outbox)
		s.Receipts, s.Dead = max(s.Receipts, o.Receipts), max(s.Dead, o.Dead)
		s.Added, s.Answer, s.Append = longer(s.Added, o.Added), longer(s.Answer, o.Answer), longer(s.Append, o.Append)
	}
	return s
}

func longer(a, b *Latency) *Latency {
	if a == nil || b != nil && b.P99 > a.P99 {
		return b
	}
	return a
}
