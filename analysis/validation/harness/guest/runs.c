#include "runs.h"

#include "answer.h"

#define RUNS_A_LINE 400

void emit_frames(size_t count)
{
	size_t begin = 0, end, column = 0;
	while (begin < count) {
		long long step = begin + 1 < count ? (long long)(frames[begin + 1] - frames[begin]) : 0;
		for (end = begin + 1; end < count && (long long)(frames[end] - frames[end - 1]) == step; end++)
			;
		emit("%s", column ? " " : "@P ");
		/* two numbers are a run only if they are neighbours */
		if (end - begin >= 3 || (end - begin == 2 && (step == 1 || step == -1))) {
			emit("%llu:%zu:%lld", frames[begin], end - begin, step);
		} else {
			emit("%llu", frames[begin]);
			end = begin + 1;
		}
		begin = end;
		if (++column == RUNS_A_LINE) {
			emit("\n");
			column = 0;
		}
	}
	if (column)
		emit("\n");
}
