package script

import "strings"

// Everywhere tells whether a name is one that a shell understands by itself, or a utility that
// images with a shell have: those of POSIX that work on files and text, as busybox and coreutils
// give them (https://pubs.opengroup.org/onlinepubs/9799919799/idx/utilities.html).
func Everywhere(name, shell string) bool {
	return everywhere[name] || shell != "sh" && bashOwn[name] || name == shell
}

var everywhere = words(`
	. : [ alias bg break cd command continue eval exec exit export false fg getopts hash jobs kill local printf pwd
	read readonly return set shift source test times trap true type ulimit umask unalias unset wait echo
	awk basename cat chgrp chmod chown cksum cmp comm cp csplit cut date dd df diff dirname du env expand expr
	find fold grep egrep fgrep head hostname id install join link ln logname ls md5sum mkdir mkfifo mktemp mv nice nl nohup
	nproc od paste pathchk pr printenv ps readlink realpath rm rmdir sed seq sh sha1sum sha256sum sha512sum sleep sort split
	stat stty sync tac tail tee time timeout touch tr tsort tty uname unexpand uniq unlink wc who whoami
	xargs yes base64 clear`)

var bashOwn = words(`[[ declare typeset let shopt mapfile readarray pushd popd dirs builtin caller compgen complete disown enable help history logout suspend`)

func words(text string) map[string]bool {
	set := map[string]bool{}
	for _, word := range strings.Fields(text) {
		set[word] = true
	}
	return set
}
