package script

import (
	"path"
	"regexp"
	"slices"
	"strings"
)

// shells run a word of theirs as a script with -c, in the language given.
var shells = map[string]string{"sh": "sh", "bash": "bash", "dash": "dash", "ash": "ash", "ksh": "ksh", "zsh": "bash", "mksh": "ksh"}

// evaluators run the word behind one of these options, in a language of their own.
var evaluators = map[string][]string{
	"python": {"c"}, "perl": {"e", "E"}, "ruby": {"e"}, "node": {"e", "p", "-eval", "-print"}, "php": {"r"}, "lua": {"e"}, "Rscript": {"e"}, "pwsh": {"c", "Command", "command"},
}

// evaluator are the options of one, whose name may have a version behind it.
func evaluator(name string) ([]string, bool) {
	options, ok := evaluators[strings.TrimRight(name, "0123456789.")]
	return options, ok
}

// wrappers run the program that follows their own options, and the words given before it: how many these are.
var wrappers = map[string]int{
	"env": 0, "busybox": 0, "timeout": 1, "nice": 0, "nohup": 0, "setsid": 0, "stdbuf": 0, "exec": 0, "time": 0, "ionice": 0, "chroot": 1, "sudo": 0, "gosu": 1, "su-exec": 1, "tini": 0, "dumb-init": 0, "xvfb-run": 0,
	"catchsegv": 0, "unshare": 0, "nsenter": 0, "command": 0, "flock": 1, "runuser": 0, "setpriv": 0, "taskset": 1, "chrt": 1, "numactl": 0, "strace": 0, "unbuffer": 0, "catatonit": 0,
}

var assignment = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]*=`)

// Inline is which word of a command an interpreter runs as a script, with the language; 0 where none is.
func Inline(words []string) (int, string) {
	for at := 0; at < len(words); {
		name := path.Base(words[at])
		if language, isShell := shells[name]; isShell {
			if i := ofShell(words[at+1:]); i >= 0 {
				return at + 1 + i, language
			}
			return 0, ""
		}
		if options, ok := evaluator(name); ok {
			if i := behind(words[at+1:], options); i >= 0 {
				return at + 1 + i, name
			}
			return 0, ""
		}
		own, isWrapper := wrappers[name]
		if !isWrapper {
			return 0, ""
		}
		at = program(words, at+1, own)
	}
	return 0, ""
}

// program is where the program stands that a wrapper runs: the first word that names an interpreter or a wrapper, since
// options of wrappers have values of their own, and at least behind the words that it takes.
func program(words []string, at, own int) int {
	for ; at < len(words); at++ {
		word := words[at]
		name := path.Base(word)
		_, isShell := shells[name]
		_, isEvaluator := evaluator(name)
		_, isWrapper := wrappers[name]
		if isShell || isEvaluator || isWrapper {
			return at
		}
		if !strings.HasPrefix(word, "-") && !assignment.MatchString(word) && !isValue(words, at) {
			if own--; own < 0 {
				return len(words) // another program
			}
		}
	}
	return at
}

// isValue tells whether a word may be the value of the option before it.
func isValue(words []string, at int) bool {
	return strings.HasPrefix(words[at-1], "-") && words[at-1] != "--" && !strings.Contains(words[at-1], "=")
}

// ofShell is which of a shell's words is its script; -1 where it runs a file or stdin. Options may stand in one word and in
// several, before and behind the c (https://pubs.opengroup.org/onlinepubs/9799919799/utilities/sh.html).
func ofShell(words []string) int {
	isScript := false
	for i := 0; i < len(words); i++ {
		word := words[i]
		switch {
		case word == "--" || word == "-":
			if isScript && i+1 < len(words) {
				return i + 1
			}
			return -1
		case slices.Contains([]string{"--rcfile", "--init-file"}, word):
			i++
		case strings.HasPrefix(word, "--"):
		case len(word) > 1 && (word[0] == '-' || word[0] == '+'):
			isScript = isScript || word[0] == '-' && strings.Contains(word, "c")
			if last := word[len(word)-1]; last == 'o' || last == 'O' {
				i++ // the name of an option
			}
		case isScript:
			return i
		default:
			return -1
		}
	}
	return -1
}

// behind is which word an option of an interpreter has it run; -1 where none does.
func behind(words, options []string) int {
	for i, word := range words {
		if !strings.HasPrefix(word, "-") {
			if i > 0 && isValue(words, i) {
				continue
			}
			return -1 // a file
		}
		for _, option := range options {
			flag := "-" + option
			grouped := len(option) == 1 && !strings.HasPrefix(word, "--") && strings.HasSuffix(word, option)
			if (word == flag || grouped) && i+1 < len(words) {
				return i + 1
			}
			if len(option) == 1 && strings.HasPrefix(word, flag) && len(word) > 2 && !grouped {
				return i // -cprint(1)
			}
		}
	}
	return -1
}
