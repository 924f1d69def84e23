package scenario

import (
	"fmt"
	"math"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/fiorix/go-smpp/smpp/pdu"
	"go.yaml.in/yaml/v3"

	"readback/internal/setting"
	"readback/internal/yamlfile"
	"readback/smpp"
)

// scalar returns the text of a scalar. It adds an error for anything else.
func (p *parser) scalar(key string, n *yaml.Node, wanted string) (string, bool) {
	if n.Kind != yaml.ScalarNode || n.ShortTag() == "!!null" {
		p.wrong(n, key, "found "+kindOf(n), wanted)
		return "", false
	}
	return n.Value, true
}

func (p *parser) text(to *string) take {
	return func(key string, n *yaml.Node) {
		if s, ok := p.scalar(key, n, "a text"); ok {
			*to = s
		}
	}
}

func (p *parser) pattern(to *Pattern) take {
	return func(key string, n *yaml.Node) {
		const wanted = "a text, in which * stands for any characters and ? for one"
		s, ok := p.scalar(key, n, wanted)
		if ok && s == "" {
			p.wrong(n, key, "an empty pattern", wanted+"; or leave the key out")
		}
		*to = Pattern(s)
	}
}

// count reads a whole number from least to most.
func (p *parser) count(to *int, least, most int) take {
	return func(key string, n *yaml.Node) {
		wanted := fmt.Sprintf("a whole number from %d to %d", least, most)
		s, ok := p.scalar(key, n, wanted)
		if !ok {
			return
		}
		v, err := strconv.Atoi(s)
		if err != nil || v < least || v > most {
			p.wrong(n, key, "not such a number", wanted)
			return
		}
		*to = v
	}
}

func (p *parser) seed(to **uint64) take {
	return func(key string, n *yaml.Node) {
		s, ok := p.scalar(key, n, "a whole number")
		if !ok {
			return
		}
		v, err := strconv.ParseUint(s, 10, 64)
		if err != nil {
			p.wrong(n, key, "not a seed", "a whole number from 0 on, as it is printed at the start")
			return
		}
		*to = &v
	}
}

// number reads a number above zero and up to most.
func (p *parser) number(to *float64, most float64, wanted string) take {
	return func(key string, n *yaml.Node) {
		s, ok := p.scalar(key, n, wanted)
		if !ok {
			return
		}
		v, err := strconv.ParseFloat(s, 64)
		if err != nil || !(v > 0) || v > most || math.IsInf(v, 0) {
			p.wrong(n, key, "not such a number", wanted)
			return
		}
		*to = v
	}
}

// isDuration matches a time with its unit, however long.
var isDuration = regexp.MustCompile(`^[+-]?([0-9]+(\.[0-9]*)?(ns|us|µs|ms|s|m|h))+$`)

func (p *parser) duration(to *time.Duration) take {
	return func(key string, n *yaml.Node) {
		const wanted = "a time with its unit, such as 500ms, 2s or 1m"
		s, ok := p.scalar(key, n, wanted)
		if !ok {
			return
		}
		d, err := time.ParseDuration(s)
		switch {
		case err != nil && !isDuration.MatchString(s):
			p.wrong(n, key, "not a time", wanted)
		case err != nil || d <= 0 || d > maxDelay: // an error: more than 290 years
			p.wrong(n, key, "out of range", "more than 0s, at most 24h")
		}
		*to = d
	}
}

// word reads one of the words and stores its value.
func word[T any](p *parser, to *T, words []string, values []T) take {
	return func(key string, n *yaml.Node) {
		wanted := strings.Join(words[:len(words)-1], ", ") + " or " + words[len(words)-1]
		s, ok := p.scalar(key, n, wanted)
		if !ok {
			return
		}
		i := slices.Index(words, s)
		if i < 0 {
			p.wrong(n, key, "unknown value", wanted)
			return
		}
		*to = values[i]
	}
}

// status reads a command_status by its name or its number.
func (p *parser) status(to *pdu.Status) take {
	return func(key string, n *yaml.Node) {
		const wanted = "a name such as ESME_RTHROTTLED, or a number such as 0x58"
		s, ok := p.scalar(key, n, wanted)
		if !ok {
			return
		}
		status, known := smpp.ParseMnemonic(s)
		if v, err := strconv.ParseUint(s, 0, 32); err == nil {
			status, known = pdu.Status(v), true
		}
		near := setting.Nearest(s, smpp.Mnemonics(), len(s)/4)
		switch {
		case !known && near != "":
			p.wrong(n, key, "unknown status", "did you mean "+near+"?")
		case !known:
			p.wrong(n, key, "unknown status", wanted)
		case status == smpp.StatusOK:
			p.wrong(n, key, "no refusal", "a status other than ESME_ROK; a request that no rule refuses is accepted")
		}
		*to = status
	}
}

// commands reads a name of a request, or a list of names.
func (p *parser) commands(to *[]pdu.ID) take {
	return func(key string, n *yaml.Node) {
		list := []*yaml.Node{n}
		if n.Kind == yaml.SequenceNode {
			if list = n.Content; len(list) == 0 {
				p.wrong(n, key, "an empty list", "names of requests, such as submit_sm; or leave the key out")
			}
		}
		for _, one := range list {
			if id, ok := p.command(key, yamlfile.Resolve(one)); ok {
				*to = append(*to, id)
			}
		}
	}
}

func (p *parser) command(key string, n *yaml.Node) (id pdu.ID, ok bool) {
	s, ok := p.scalar(key, n, "a name of a request, such as submit_sm")
	if !ok {
		return 0, false
	}
	if id, ok = smpp.CommandID(s); ok && slices.Contains(requests, s) {
		return id, true
	}
	near := setting.Nearest(s, slices.Clone(requests), max(2, len(s)/3))
	for _, name := range requests {
		if near == "" && strings.HasPrefix(name, s+"_") {
			near = name
		}
	}
	if near == "" {
		p.wrong(n, key, "unknown command", strings.Join(requests, ", "))
	} else {
		p.wrong(n, key, "unknown command", "did you mean "+near+"?")
	}
	return 0, false
}

// requests are the commands that an ESME sends and a rule may be about.
var requests = []string{
	"submit_sm", "data_sm", "submit_multi", "query_sm", "cancel_sm", "replace_sm", "enquire_link", "unbind",
	"bind_transmitter", "bind_receiver", "bind_transceiver",
}
