/* A wall clock that can be put forward and back while a process runs; monotonic clocks stay as they are.
 *
 * LD_PRELOAD loads it; CLOCK_FILE names a file of 8 bytes, the nanoseconds to add. It includes no headers, so that
 * the smallest compiler builds it. libfaketime is not used: with its monotonic clock left alone, a sleep fails.
 */
#ifdef __aarch64__
#define CLOCK_GETTIME 113
#else
#define CLOCK_GETTIME 228
#endif

typedef long long wide;
struct moment { wide seconds, rest; };
extern long syscall(long, ...);
extern char *getenv(const char *);
extern int open(const char *, int, ...);
extern int close(int);
extern void *mmap(void *, unsigned long, int, int, int, wide);

static const char *named;
static volatile const wide *offset;
static const wide none;

static wide shift(void)
{
    const char *name = getenv("CLOCK_FILE"); /* a forked process has its own */
    if (name != named) {
        int file = name ? open(name, 0) : -1;
        void *found = file < 0 ? (void *)-1 : mmap(0, 8, 1, 1, file, 0);
        if (file >= 0) close(file);
        offset = found == (void *)-1 ? &none : found;
        named = name;
    }
    return offset ? *offset : 0;
}

int clock_gettime(int which, struct moment *at)
{
    int failed = syscall(CLOCK_GETTIME, (long)which, at);
    if (!failed && (which == 0 || which == 5)) { /* CLOCK_REALTIME and its coarse sister */
        wide now = at->seconds * 1000000000 + at->rest + shift();
        at->seconds = now / 1000000000;
        at->rest = now % 1000000000;
    }
    return failed;
}

int gettimeofday(struct moment *at, void *zone)
{
    int failed = clock_gettime(0, at);
    at->rest /= 1000;
    return failed;
}

wide time(wide *also)
{
    struct moment at;
    clock_gettime(0, &at);
    if (also) *also = at.seconds;
    return at.seconds;
}
