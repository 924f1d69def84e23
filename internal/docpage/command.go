package docpage

import (
	"regexp"
	"slices"
	"strings"
)

// Command is one call of a program in a fenced block, or in code within a sentence.
type Command struct {
	Line   int
	Args   []string // behind the name of the program
	Inline bool     // within a sentence: it may lack arguments
}

// shells are the languages of blocks in which lines are commands.
var shells = []string{"", "sh", "bash", "shell"}

// Commands returns the calls of readback. In a block of the language console only lines behind "$ " are commands,
// and the others what they print.
func (p Page) Commands() (all []Command) {
	prose := func(line int, text string) { all = append(all, inline(line, text)...) }
	p.walk(prose, func(b Block) { all = append(all, fenced(b, ofReadback)...) })
	return all
}

// Curls returns the calls of curl, in blocks and in sentences.
func (p Page) Curls() (all []Command) {
	p.walk(func(line int, text string) {
		for _, m := range code.FindAllStringSubmatch(text, -1) {
			for _, words := range split(m[1]) {
				if args, ok := ofCurl(words); ok {
					all = append(all, Command{Line: line, Args: args, Inline: true})
				}
			}
		}
	}, func(b Block) { all = append(all, fenced(b, ofCurl)...) })
	return all
}

func ofCurl(words []string) (args []string, ok bool) {
	return words[1:], words[0] == "curl" && len(words) > 1
}

// command returns the command in a line of a block, if there is one.
func (b Block) command(line string) (text string, ok bool) {
	if b.Language == "console" {
		return strings.CutPrefix(line, "$ ")
	}
	return line, slices.Contains(shells, b.Language)
}

// fenced returns the calls in a block of which of returns the arguments.
func fenced(b Block, of func(words []string) (args []string, ok bool)) (all []Command) {
	for i := 0; i < len(b.Lines); i++ {
		first := b.Line + i
		text, ok := b.command(strings.TrimSpace(b.Lines[i]))
		if !ok {
			continue
		}
		for strings.HasSuffix(text, `\`) && i+1 < len(b.Lines) {
			i++
			text = strings.TrimSuffix(text, `\`) + strings.TrimSpace(b.Lines[i])
		}
		if m := hereDocument.FindStringSubmatch(text); m != nil {
			for i++; i < len(b.Lines) && strings.TrimSpace(b.Lines[i]) != m[1]; i++ {
			}
		}
		for _, words := range split(text) {
			if args, ok := of(words); ok {
				all = append(all, Command{Line: first, Args: args})
			}
		}
	}
	return all
}

var hereDocument = regexp.MustCompile(`<<-?\s*['"]?(\w+)['"]?`)

// wrappers run another command, which is among their arguments.
var wrappers = []string{"sudo", "docker", "podman", "kubectl", "go", "watch", "exec", "env", "runuser"}

var program = regexp.MustCompile(`^(\./|/usr/bin/|/usr/local/bin/|\./cmd/)?readback(:[\w.-]+)?$`)

// ofReadback returns the arguments of readback, if words are a call of it. The first argument must look like a
// command or a flag: "readback ── submit_sm" in a picture is no call.
func ofReadback(words []string) (args []string, ok bool) {
	at := 0
	for at < len(words) && assignment.MatchString(words[at]) {
		at++
	}
	wrapped := at < len(words) && slices.Contains(wrappers, words[at])
	if wrapped {
		for i, w := range words {
			if program.MatchString(w) && !port.MatchString(w) {
				at = i
			}
		}
	}
	if at >= len(words) || !program.MatchString(words[at]) {
		return nil, false
	}
	args = words[at+1:]
	if len(args) == 0 {
		return args, !wrapped // "sudo useradd readback" is no call
	}
	return args, firstArgument.MatchString(args[0])
}

var (
	assignment    = regexp.MustCompile(`^\w+=`)
	port          = regexp.MustCompile(`:\d{4,5}$`) // readback:2775 is an address, and readback:1.2 an image
	firstArgument = regexp.MustCompile(`^(-|[a-z][a-z-]*$)`)
)

var code = regexp.MustCompile("`([^`]+)`")

// inline returns the calls in the code within a line of prose. "dead list|drop" are two.
func inline(line int, text string) (all []Command) {
	for _, m := range code.FindAllStringSubmatch(text, -1) {
		words := strings.Fields(strings.NewReplacer("[", "", "]", "").Replace(m[1]))
		if len(words) < 2 || !program.MatchString(words[0]) || !firstArgument.MatchString(words[1]) {
			continue
		}
		calls := [][]string{nil}
		for _, w := range words[1:] {
			var longer [][]string
			for _, alternative := range strings.Split(w, "|") {
				for _, c := range calls {
					longer = append(longer, append(slices.Clone(c), alternative))
				}
			}
			calls = longer
		}
		for _, c := range calls {
			all = append(all, Command{Line: line, Args: c, Inline: true})
		}
	}
	return all
}
