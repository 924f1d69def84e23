package console

import (
	"fmt"
	"html/template"
	"math"
	"net/url"
	"strconv"
	"strings"
	"time"
)

// functions are what templates may call, in a language.
func functions(l *language) template.FuncMap {
	return template.FuncMap{
		"t": func(key string, args ...any) (string, error) {
			if l.texts[key] == "" {
				return "", fmt.Errorf("there is no text %q", key)
			}
			return l.text(key, args...), nil
		},
		"word": func(kind, value string) string { // of a value that the API may add to
			if text := l.texts[kind+"."+value]; text != "" {
				return text
			}
			return value
		},
		"languages": func() []language { return languages },
		"code":      func(l language) string { return l.code },
		"own":       func(l language) string { return l.name },
		"stamp":     func(t time.Time) string { return t.UTC().Format("2006-01-02 15:04:05") },
		"clock":     func(t time.Time) string { return t.UTC().Format("15:04:05") },
		"iso":       func(t time.Time) string { return t.UTC().Format(time.RFC3339) },
		"ago":       func(t time.Time) string { return l.ago(time.Since(t)) },
		"span":      func(s float64) string { return l.span(s) },
		"join":      func(all []string) string { return strings.Join(all, ", ") },
		"value":     func(s *string) string { return *s },
		"rate":      rate,
		"seconds":   seconds,
		"count":     count,
		"link":      link,
	}
}

// ago returns a time span in its largest unit.
func (l *language) ago(d time.Duration) string {
	for _, unit := range []struct {
		key string
		of  time.Duration
	}{{"ago.days", 24 * time.Hour}, {"ago.hours", time.Hour}, {"ago.minutes", time.Minute}} {
		if d >= unit.of {
			return l.text(unit.key, int(d/unit.of))
		}
	}
	return l.text("ago.seconds", int(max(d, 0)/time.Second))
}

// span returns how long something takes: short ones as a latency, others in their largest unit.
func (l *language) span(s float64) string {
	if s < 60 {
		return seconds(s)
	}
	return l.ago(time.Duration(s * float64(time.Second)))
}

// rate returns messages a second.
func rate(v float64) string {
	switch {
	case v >= 1000:
		return count(uint64(math.Round(v)))
	case v == 0:
		return "0"
	}
	return digits(v)
}

// digits returns three significant digits.
func digits(v float64) string {
	switch {
	case v >= 99.95:
		return strconv.FormatFloat(v, 'f', 0, 64)
	case v >= 9.995:
		return strconv.FormatFloat(v, 'f', 1, 64)
	}
	return strconv.FormatFloat(v, 'f', 2, 64)
}

// seconds returns a latency in its usual unit.
func seconds(s float64) string {
	switch {
	case s == 0:
		return "0"
	case s < 1e-3:
		return strconv.FormatFloat(s*1e6, 'f', 0, 64) + " µs"
	case s < 1:
		return digits(s*1e3) + " ms"
	}
	return digits(s) + " s"
}

// count returns a whole number with its thousands apart.
func count(v any) string {
	digits := fmt.Sprint(v)
	for i := len(digits) - 3; i > 0; i -= 3 {
		digits = digits[:i] + "\u202f" + digits[i:]
	}
	return digits
}

// link returns an address whose query has other values: names and values in turn. An empty value removes a name.
func link(address string, pairs ...string) string {
	u, err := url.Parse(address)
	if err != nil {
		return address
	}
	q := u.Query()
	q.Del("done")
	for i := 0; i+1 < len(pairs); i += 2 {
		q.Set(pairs[i], pairs[i+1])
		if pairs[i+1] == "" {
			q.Del(pairs[i])
		}
	}
	u.RawQuery = q.Encode()
	return u.String()
}
