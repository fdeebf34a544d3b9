using System.Runtime.Intrinsics;
using CsCheck;
using KubeProxy.Core.Net;
using Xunit;

namespace KubeProxy.Core.Tests.Net;

public sealed class AesRoundTests
{
    /// <summary>FIPS 197 appendix B, round 1: "start of round" with the key of round 1 gives "start of round" 2.</summary>
    [Fact]
    public void TheRoundOfTheStandardsExample()
    {
        Vector128<byte> state = Bytes("193de3bea0f4e22b9ac68d2ae9f84808");
        Vector128<byte> key = Bytes("a0fafe1788542cb123a339392a6c7605");
        Vector128<byte> expected = Bytes("a49c7ff2689f352b6b5bea43026a5049");
        Assert.Equal(expected, AesRound.EncryptScalar(state, key));
        Assert.Equal(expected, AesRound.Encrypt(state, key));
    }

    [Fact]
    public void TheInstructionAndTheScalarRoundAgree() => Gen.Byte.Array[32].Sample(
        bytes => AesRound.Encrypt(Vector128.Create(bytes), Vector128.Create(bytes, 16)) == AesRound.EncryptScalar(Vector128.Create(bytes), Vector128.Create(bytes, 16)),
        iter: 20_000);

    private static Vector128<byte> Bytes(string hex) => Vector128.Create(Convert.FromHexString(hex));
}
