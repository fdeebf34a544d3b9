using KubeProxy.Readme.Tests.Markdown;
using KubeProxy.Testbed;
using Xunit;

namespace KubeProxy.Readme.Tests.Documents;

public sealed class LinkTests
{
    public static TheoryData<string> Documents => [.. MarkdownFiles.All];

    [Theory]
    [MemberData(nameof(Documents))]
    public void EveryRelativeLinkNamesAFileOrFolder(string document)
    {
        string folder = Path.Combine(Artifacts.RepositoryRoot, Path.GetDirectoryName(document) ?? "");
        IEnumerable<string> broken = MarkdownFiles.LinksOf(document).Select(link => link.Target).Where(target => !Path.Exists(Path.Combine(folder, target)));
        Assert.Empty(broken);
    }

    [Fact]
    public void TheReadmeLinksSomething() => Assert.NotEmpty(MarkdownFiles.LinksOf("README.md"));
}
