package docpage

import "strings"

// Words returns the words of the first command in a line of shell.
func Words(line string) []string {
	if commands := split(line); len(commands) > 0 {
		return commands[0]
	}
	return nil
}

// split parts a line of shell into its simple commands and their words, as far as the pages need it: quotes, pipes,
// lists and comments. A word with $(…) stays whole, and so do redirections.
func split(line string) (commands [][]string) {
	var words []string
	var word strings.Builder
	inWord := false
	endWord := func() {
		if inWord {
			words = append(words, word.String())
		}
		word.Reset()
		inWord = false
	}
	endCommand := func() {
		endWord()
		if len(words) > 0 {
			commands = append(commands, words)
		}
		words = nil
	}
	for i := 0; i < len(line); i++ {
		switch c := line[i]; c {
		case '\'', '"':
			text, n := quoted(line[i:])
			word.WriteString(text)
			inWord = true
			i += n - 1
		case '$':
			n := substitution(line[i:])
			word.WriteString(line[i : i+n])
			inWord = true
			i += n - 1
		case ' ', '\t':
			endWord()
		case '|', '&', ';':
			endCommand()
		case '#':
			if !inWord {
				endCommand()
				return commands
			}
			word.WriteByte(c)
		default:
			word.WriteByte(c)
			inWord = true
		}
	}
	endCommand()
	return commands
}

// quoted returns what is in the quotes that text begins with, and how many octets that is with the quotes.
func quoted(text string) (content string, n int) {
	if end := strings.IndexByte(text[1:], text[0]); end >= 0 {
		return text[1 : 1+end], end + 2
	}
	return text[1:], len(text) // the closing quote is missing
}

// substitution returns how many octets of text, which begins with $, belong together.
func substitution(text string) int {
	if end := strings.IndexByte(text, ')'); strings.HasPrefix(text, "$(") && end >= 0 {
		return end + 1
	}
	return 1
}
