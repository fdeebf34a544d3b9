using System.Text;

namespace KubeProxy.Demo;

/// <summary>Who answered how often, by family and protocol.</summary>
internal sealed class Tally(IReadOnlyList<string> pods)
{
    private readonly List<Answer> _answers = [];

    public int Count => _answers.Count;

    public IEnumerable<Answer> Failures => _answers.Where(answer => answer.Failure is not null);

    public IEnumerable<string> SilentPods => pods.Where(pod => _answers.All(answer => answer.Pod != pod));

    public void Add(Answer answer) => _answers.Add(answer);

    public override string ToString()
    {
        StringBuilder text = new($"  {"",-10}");
        text.Append(string.Concat(pods.Select(pod => $"{pod,8}"))).AppendLine($"{"failed",8}");
        foreach (IGrouping<(string, string), Answer> row in _answers.GroupBy(answer => (answer.Family, answer.Protocol)))
        {
            text.Append($"  {row.Key.Item1} {row.Key.Item2,-5}");
            text.Append(string.Concat(pods.Select(pod => $"{row.Count(answer => answer.Pod == pod),8}")));
            text.AppendLine($"{row.Count(answer => answer.Failure is not null),8}");
        }

        return text.ToString().TrimEnd();
    }
}
