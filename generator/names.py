"""Which names a schema may use, because each ends up in C: as it is (fields, package, prefix, drop functions) or behind the prefix.

The tables hold the keywords of C11, C23 and C++20 and the macros that standard headers and compilers define. A name is looked at in
its form and in upper case, since generated macros are upper case.
"""

from __future__ import annotations

import re

from .grammar import MAX_NAME

_C_KEYWORDS = """
    auto break case char const continue default do double else enum extern float for goto if inline int long register
    restrict return short signed sizeof static struct switch typedef union unsigned void volatile while
"""

_C23_KEYWORDS = """
    alignas alignof bool constexpr false nullptr static_assert thread_local true typeof typeof_unqual
"""

_CPP_KEYWORDS = """
    and and_eq asm bitand bitor catch char8_t char16_t char32_t class compl concept consteval constinit const_cast co_await
    co_return co_yield decltype delete dynamic_cast explicit export friend mutable namespace new noexcept not not_eq
    operator or or_eq private protected public reinterpret_cast requires static_cast template this throw try typeid typename
    using virtual wchar_t xor xor_eq
"""

#: Macros without parameters of the C library and POSIX, and those of C that a schema had better not shadow.
_MACROS = """
    assert errno stdin stdout stderr offsetof complex imaginary I noreturn unix linux i386 sun mips sparc isfinite isgreater
    isgreaterequal isinf isless islessequal islessgreater isnan isnormal isunordered fpclassify signbit math_errhandling
    setjmp sigsetjmp va_arg va_copy va_end va_start kill_dependency alloca sa_handler sa_sigaction si_addr si_addr_lsb
    si_arch si_band si_call_addr si_fd si_int si_lower si_overrun si_pid si_pkey si_ptr si_status si_stime si_syscall
    si_timerid si_uid si_upper si_utime si_value sigev_notify_attributes sigev_notify_function sigmask st_atime st_ctime
    st_mtime d_fileno h_addr h_errno s6_addr s6_addr16 s6_addr32 ifa_broadaddr ifa_dstaddr ifc_buf ifc_req ifr_addr
    ifr_bandwidth ifr_broadaddr ifr_data ifr_dstaddr ifr_flags ifr_hwaddr ifr_ifindex ifr_map ifr_metric ifr_mtu ifr_name
    ifr_netmask ifr_newname ifr_qlen ifr_slave sched_priority major minor makedev be16toh be32toh be64toh le16toh le32toh
    le64toh htobe16 htobe32 htobe64 htole16 htole32 htole64 NULL EOF TRUE FALSE BUFSIZ FILENAME_MAX FOPEN_MAX TMP_MAX
    L_tmpnam L_ctermid L_cuserid P_tmpdir RAND_MAX EXIT_FAILURE EXIT_SUCCESS MB_CUR_MAX MB_LEN_MAX SEEK_CUR SEEK_END
    SEEK_SET CHAR_BIT INFINITY NAN HUGE_VAL HUGE_VALF HUGE_VALL DECIMAL_DIG MATH_ERRNO MATH_ERREXCEPT CMPLX CMPLXF CMPLXL
    BIG_ENDIAN LITTLE_ENDIAN PDP_ENDIAN BYTE_ORDER PATH_MAX NAME_MAX PIPE_BUF IOV_MAX NGROUPS_MAX HOST_NAME_MAX ARG_MAX
    LINE_MAX NSIG NDEBUG ONCE_FLAG_INIT CLOCKS_PER_SEC WEOF WNOHANG WUNTRACED
"""

#: errno.h
_ERRNO = """
    E2BIG EACCES EADDRINUSE EADDRNOTAVAIL EADV EAFNOSUPPORT EAGAIN EALREADY EBADE EBADF EBADFD EBADMSG EBADR EBADRQC EBADSLT
    EBFONT EBUSY ECANCELED ECHILD ECHRNG ECOMM ECONNABORTED ECONNREFUSED ECONNRESET EDEADLOCK EDESTADDRREQ EDOM EDOTDOT
    EDQUOT EEXIST EFAULT EFBIG EHOSTDOWN EHOSTUNREACH EIDRM EILSEQ EINPROGRESS EINTR EINVAL EIO EISCONN EISDIR EISNAM
    EKEYEXPIRED EKEYREJECTED EKEYREVOKED EL2HLT EL2NSYNC EL3HLT EL3RST ELIBACC ELIBBAD ELIBEXEC ELIBMAX ELIBSCN ELNRNG ELOOP
    EMEDIUMTYPE EMFILE EMLINK EMSGSIZE EMULTIHOP ENAMETOOLONG ENAVAIL ENETDOWN ENETRESET ENETUNREACH ENFILE ENOANO ENOBUFS
    ENOCSI ENODATA ENODEV ENOENT ENOEXEC ENOKEY ENOLCK ENOLINK ENOMEDIUM ENOMEM ENOMSG ENONET ENOPKG ENOPROTOOPT ENOSPC
    ENOSR ENOSTR ENOSYS ENOTBLK ENOTCONN ENOTDIR ENOTEMPTY ENOTNAM ENOTRECOVERABLE ENOTSOCK ENOTSUP ENOTTY ENOTUNIQ ENXIO
    EOVERFLOW EOWNERDEAD EPERM EPFNOSUPPORT EPIPE EPROTO EPROTONOSUPPORT EPROTOTYPE ERANGE EREMCHG EREMOTE EREMOTEIO
    ERESTART ERFKILL EROFS ESHUTDOWN ESOCKTNOSUPPORT ESPIPE ESRCH ESRMNT ESTALE ESTRPIPE ETIME ETIMEDOUT ETOOMANYREFS
    ETXTBSY EUCLEAN EUNATCH EUSERS EXDEV EXFULL
"""

#: Types of the standard headers.
_TYPES = """
    FILE DIR size_t ssize_t ptrdiff_t wchar_t wint_t wctype_t wctrans_t max_align_t nullptr_t time_t clock_t clockid_t
    timer_t off_t pid_t uid_t gid_t mode_t dev_t ino_t nlink_t id_t key_t div_t ldiv_t lldiv_t fpos_t fenv_t fexcept_t
    jmp_buf sigjmp_buf sig_atomic_t sigset_t siginfo_t stack_t va_list mbstate_t int8_t int16_t int32_t int64_t uint8_t
    uint16_t uint32_t uint64_t int_least8_t int_least16_t int_least32_t int_least64_t uint_least8_t uint_least16_t
    uint_least32_t uint_least64_t int_fast8_t int_fast16_t int_fast32_t int_fast64_t uint_fast8_t uint_fast16_t
    uint_fast32_t uint_fast64_t intptr_t uintptr_t intmax_t uintmax_t imaxdiv_t float_t double_t atomic_bool atomic_char
    atomic_schar atomic_uchar atomic_short atomic_ushort atomic_int atomic_uint atomic_long atomic_ulong atomic_llong
    atomic_ullong atomic_size_t atomic_ptrdiff_t atomic_intptr_t atomic_uintptr_t atomic_flag memory_order char8_t char16_t
    char32_t locale_t pthread_t pthread_mutex_t pthread_cond_t pthread_attr_t thrd_t mtx_t cnd_t tss_t once_flag socklen_t
    sa_family_t in_addr_t in_port_t suseconds_t useconds_t blksize_t blkcnt_t uint ushort ulong u_char u_int u_long u_short
"""

#: Functions of the C library whose names a drop function may not have.
_FUNCTIONS = """
    main abort abs aligned_alloc asctime atexit atof atoi atol atoll bsearch calloc ceil clearerr clock close cos ctime
    difftime div dup execve exit exp fabs fclose feof ferror fflush fgetc fgets floor fmod fopen fork fprintf fputc fputs
    fread free freopen frexp fscanf fseek fsetpos ftell fwrite getc getchar getenv getpid gets gmtime index ioctl kill labs
    ldexp llabs localtime log log10 longjmp lseek malloc mblen memchr memcmp memcpy memmove memset mktime mmap modf munmap
    nanosleep open perror pipe poll posix_memalign pow printf putc putchar puts qsort raise rand read realloc remove rename
    rewind rindex scanf sched_yield select send recv setbuf setvbuf signal sin sleep snprintf socket bind listen accept
    connect shutdown sprintf sqrt srand sscanf strcat strchr strcmp strcoll strcpy strcspn strdup strerror strftime strlen
    strncat strncmp strncpy strpbrk strrchr strspn strstr strtod strtof strtok strtol strtoll strtoul strtoull strxfrm
    syscall system tan time tmpfile tmpnam ungetc unlink usleep vfprintf vprintf vsnprintf vsprintf wait waitpid write y0 y1
    yn j0 j1 jn gamma
"""


def _table() -> dict[str, str]:
    """word -> what it is; the first group that has a word wins."""
    groups = (
        (_C_KEYWORDS, "a keyword of C"), (_C23_KEYWORDS, "a keyword of C23 and C++"), (_CPP_KEYWORDS, "a keyword of C++"),
        (_MACROS, "a macro of the standard headers or of a compiler"), (_ERRNO, "an error number's macro in errno.h"),
        (_TYPES, "a type of the standard headers"),
    )
    table: dict[str, str] = {}
    for words, what in groups:
        for word in words.split():
            table.setdefault(word, what)
    return table


RESERVED = _table()
LIBRARY_FUNCTIONS = frozenset(_FUNCTIONS.split())

#: Families of macros and reserved names: (pattern over the whole name, what it is).
RESERVED_FORMS = tuple((re.compile(pattern + r"\Z"), what) for pattern, what in (
    (r"SIG[A-Z0-9]+|SIG_[A-Z0-9_]+|SA_[A-Z]+|SI_[A-Z]+|SS_[A-Z]+", "a macro of signal.h"),
    (r"(?:U?INT(?:_LEAST|_FAST)?(?:8|16|32|64|MAX|PTR)?|PTRDIFF|S?SIZE|WCHAR|WINT|SIG_ATOMIC|[SU]?CHAR|U?SHRT|U?LONG|U?LLONG)_(?:MAX|MIN|WIDTH|C)",
     "a macro of limits.h or stdint.h"),
    (r"U?INT(?:8|16|32|64|MAX)_C", "a macro of stdint.h"),
    (r"(?:PRI|SCN)[a-zX](?:LEAST|FAST)?(?:8|16|32|64|MAX|PTR)", "a macro of inttypes.h"),
    (r"(?:FLT|DBL|LDBL|DEC)_[A-Z0-9_]+", "a macro of float.h"),
    (r"LC_[A-Z]+", "a macro of locale.h"),
    (r"F[EP]_[A-Z0-9_]+|M_[A-Z0-9_]+[fl]?", "a macro of math.h or fenv.h"),
    (r"(?:ATOMIC|TIME|CLOCK)_[A-Z0-9_]+", "a macro of stdatomic.h or time.h"),
    (r"(?:atomic|memory_order)_[a-z_]+", "a name of stdatomic.h"),
    (r"(?:pthread|PTHREAD)_[A-Za-z_]+", "a name of pthread.h"),
))
_TOOL = "ringc"

_WORD = re.compile(r"[A-Za-z][A-Za-z0-9_]*\Z")
_REFERENCE = re.compile(r"[A-Za-z][A-Za-z0-9_]*(?:\.[A-Za-z][A-Za-z0-9_]*)?\Z")


def malformed(name: str) -> str | None:
    """The sentence that says why `name` is no name of the schema language, or None when it is one."""
    shown = name if len(name) <= MAX_NAME else name[:MAX_NAME] + "..."
    if not name:
        return "a name is empty"
    if not _WORD.match(name):
        return f"'{shown}' is not a name: a letter first, then letters, digits and '_' (ASCII)"
    if len(name) > MAX_NAME:
        return f"the name '{shown}' has {len(name)} characters; a name has at most {MAX_NAME}"
    if "__" in name:
        return f"the name '{name}' holds '__', which C++ reserves; use single underscores"
    if name.endswith("_"):
        return f"the name '{name}' ends in '_', which marks the internals of generated code; drop it"
    return None


def looks_like_reference(text: str) -> bool:
    """Whether `text` has the form `name` or `package.name`."""
    return bool(_REFERENCE.match(text))


def refuse_identifier(name: str, bare: bool) -> str | None:
    """The sentence that says why C code cannot have the name `name`, or None. `bare`: the schema's author wrote just this name;
    otherwise it is a whole C name, made of prefix and name."""
    what = RESERVED.get(name) or _reserved_form(name)
    if bare and _is_ours(name):
        return f"'{name}' is reserved for {_TOOL} itself; choose another name"
    if what is None:
        return None
    subject = f"'{name}'" if bare else f"the C name '{name}'"
    return f"{subject} is {what}; choose another name"


def refuse_function(name: str) -> str | None:
    """As refuse_identifier, for a function that the user gives."""
    if name in LIBRARY_FUNCTIONS:
        return f"'{name}' is a function of the C library with another type; write a function of your own that calls it"
    return refuse_identifier(name, bare=True)


def _reserved_form(name: str) -> str | None:
    return next((what for pattern, what in RESERVED_FORMS if pattern.match(name)), None)


def _is_ours(name: str) -> bool:
    lower = name.lower()
    return lower == _TOOL or lower.startswith(_TOOL + "_")
